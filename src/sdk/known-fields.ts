/**
 * What programs write down as objects: a field that nobody reads is a slip of the pen, and refused. Otherwise a misspelt
 * `attempts` would be a message that is tried once, which nobody notices before it fails.
 */
import { describe, type ErrorCode, MillraceError } from './errors.ts';

/** Throws `code` unless this is an object and no list. */
export function checkObject(code: ErrorCode, what: string, given: unknown, allowed: string): void {
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) return;
  throw new MillraceError(code, `${what} must be an object with ${allowed}, not ${describe(given)}.`);
}

/** Throws `code` unless `given` is an object without other fields than these; one without a value is none. */
export function checkFields(code: ErrorCode, what: string, given: unknown, names: readonly string[]): void {
  checkObject(code, what, given, `the fields ${names.join(', ')}`);
  for (const [field, value] of Object.entries(given as object)) {
    if (value === undefined || names.includes(field)) continue;
    const why = `${what} has no field ${describe(field)}; its fields are ${names.join(', ')}.`;
    throw new MillraceError(code, why, { details: { field } });
  }
}

/** A definition that was made before may be spread into another, and brings its kind along. */
export function checkDefinition(
  kind: 'function' | 'module' | 'ingress' | 'router' | 'egress',
  definition: unknown,
  names: readonly string[],
): void {
  const given = (definition ?? {}) as { readonly type?: unknown; readonly kind?: unknown };
  const type = (given.type as { readonly type?: unknown } | null | undefined)?.type ?? given.type;
  const what = typeof type === 'string' ? `the ${kind} ${describe(type)}` : `this ${kind}`;
  const allowed = given.kind === kind ? [...names, 'kind'] : names;
  checkFields('INVALID_DEFINITION', `The definition of ${what}`, definition, allowed);
}
