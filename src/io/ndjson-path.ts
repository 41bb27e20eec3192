/**
 * Where NDJSON comes from and goes to, checked where it is said: else a path that is none would be noticed only when
 * somebody reads or writes there, in an engine that runs already.
 */
import { describe, MillraceError } from '../sdk/errors.ts';

/** Throws `INVALID_DEFINITION`. */
export function checkNdjsonPath(maker: string, options: { readonly path: unknown } | undefined): void {
  const path = options?.path;
  if (typeof path === 'string' ? path !== '' : path instanceof URL && path.protocol === 'file:') return;
  const what = `${maker}: path is ${describe(path)}; allowed is a path, a file URL or '-'.`;
  throw new MillraceError('INVALID_DEFINITION', what);
}
