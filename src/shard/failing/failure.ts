/**
 * An error on its way to another thread: what it says, as plain data. Error objects themselves cannot travel as
 * messages, and user code may throw anything at all.
 */
import { describe, type ErrorCode, MillraceError } from '../../sdk/errors.ts';

export interface Failure {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly code: string | undefined;
  /** Of an error of the engine's own: where to look. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Text from user code is not trusted to be short. */
const TEXT_LENGTH_MAX = 8192;

function text(value: unknown): string {
  const string = typeof value === 'string' ? value : describe(value);
  return string.length > TEXT_LENGTH_MAX ? `${string.slice(0, TEXT_LENGTH_MAX)}…` : string;
}

export function failureOf(error: unknown): Failure {
  try {
    if (error instanceof Error) {
      const { code } = error as { code?: unknown };
      return {
        name: text(error.name),
        message: text(error.message),
        stack: error.stack === undefined ? undefined : text(error.stack),
        code: code === undefined ? undefined : text(code),
        ...(error instanceof MillraceError ? { details: portable(error.details) } : {}),
      };
    }
    return { name: 'Error', message: `thrown: ${text(error)}`, stack: undefined, code: undefined };
  } catch {
    return { name: 'Error', message: 'thrown: something that cannot be described', stack: undefined, code: undefined };
  }
}

/** What can travel whatever it is; the rest of the details, if any, stays behind. */
function portable(details: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(details).filter(([, value]) => typeof value === 'string' || typeof value === 'number'),
  );
}

/** An error again, on the other side. */
export function errorOf({ name, message, stack, code, details }: Failure): Error {
  const error = new Error(message);
  error.name = name;
  if (stack !== undefined) error.stack = stack;
  if (details !== undefined) Object.assign(error, { details });
  return code === undefined ? error : Object.assign(error, { code });
}

/** The error as the user gets it; what the function threw is its cause. Without a type, it is the engine's own. */
export function invocationFailed(failure: Failure, type: string | undefined, id: string): MillraceError {
  if (type === undefined) {
    return new MillraceError(failure.code as ErrorCode, failure.message, { details: { ...failure.details } });
  }
  const cause = errorOf(failure);
  const what = `${type} ${describe(id)} threw ${failure.name}: ${failure.message}`;
  return new MillraceError('INVOCATION_FAILED', what, { cause, details: { type, id } });
}
