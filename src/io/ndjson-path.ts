/**
 * Where NDJSON comes from and goes to, checked where it is said: else a path that is none would be noticed only when
 * somebody reads or writes there, in an engine that runs already.
 */
import { describe, MillraceError } from '../sdk/errors.ts';
import { checkFields } from '../sdk/known-fields.ts';

/** Throws `INVALID_DEFINITION` for a field that is not among the names, and for a path that is none. */
export function checkNdjsonOptions(
  maker: string,
  options: { readonly path: unknown },
  names: ReadonlySet<string>,
): void {
  checkFields('INVALID_DEFINITION', `The argument of ${maker}`, options, names);
  const { path } = options;
  if (typeof path === 'string' ? path !== '' : path instanceof URL && path.protocol === 'file:') return;
  throw refusal(maker, 'path', path, "a path, a file URL or '-'");
}

export function refusal(maker: string, name: string, given: unknown, allowed: string): MillraceError {
  return new MillraceError('INVALID_DEFINITION', `${maker}: ${name} is ${describe(given)}; allowed is ${allowed}.`);
}
