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

/** Runs what carries out part of a response; what the engine refuses of it is against the rules. */
export function orRefuse(self: Address, what: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code === 'CONTEXT_EXPIRED') throw error;
    throw refused(self, `${what} is refused: ${error.message}`, error);
  }
}
