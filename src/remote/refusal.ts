/**
 * Responses of endpoints that are against the rules: nothing of such a response happens, and the error says which rule.
 */
import type { Address } from '../sdk/address.ts';
import { describe, MillraceError } from '../sdk/errors.ts';

/** `cause` is what the engine had against it; its code is told as `details.reason`. */
export function refused({ type, id }: Address, what: string, cause?: MillraceError): MillraceError {
  const details = { type, id, ...(cause && { reason: cause.code }) };
  return new MillraceError('REMOTE_RESPONSE_REFUSED', `${type} ${describe(id)}: ${what}`, { cause, details });
}

/** What to throw instead of an error of the engine: what it refuses of a response is against the rules. */
export function refusalOf(self: Address, what: string, error: unknown): unknown {
  if (!(error instanceof MillraceError) || error.code === 'CONTEXT_EXPIRED') return error;
  return refused(self, `${what} is refused: ${error.message}`, error);
}
