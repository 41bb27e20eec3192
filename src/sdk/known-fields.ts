/**
 * What programs write down as objects, definitions and options alike: a field that nobody reads is a slip of the pen, and
 * refused. Otherwise a misspelt `attempts` would be a message that is tried once, which nobody notices before it fails.
 */
import { describe, type ErrorCode, MillraceError } from './errors.ts';

/** Names that an interface has, to be checked against. */
export function namesOf<Fields>(...names: readonly (keyof Fields & string)[]): ReadonlySet<string> {
  return new Set(names);
}

/** Throws `code` unless this is an object and no list. */
export function checkObject(code: ErrorCode, what: string, given: unknown, allowed: string): void {
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) return;
  throw new MillraceError(code, `${what} must be an object with ${allowed}, not ${describe(given)}.`);
}

/**
 * Throws `code` unless `given` is an object without other fields than these; one without a value is none. `what` is the
 * definition that has them or, for `INVALID_OPTION`, the call that takes them.
 */
export function checkFields(code: ErrorCode, what: string, given: unknown, names: ReadonlySet<string>): void {
  if (Array.isArray(given)) return refuseWhole(code, what, given, names);
  checkNames(code, what, given, names);
}

/**
 * The same for what comes with each message: it makes nothing before something is wrong, and spares the question whether
 * this is a list. The indexes of one are no names, so only an empty one gets by.
 */
export function checkNames(code: ErrorCode, what: string, given: unknown, names: ReadonlySet<string>): void {
  if (typeof given !== 'object' || given === null) return refuseWhole(code, what, given, names);
  for (const name in given) {
    if (!names.has(name)) refuseField(code, what, given, name, names);
  }
}

function refuseWhole(code: ErrorCode, what: string, given: unknown, names: ReadonlySet<string>): void {
  const whole = code === 'INVALID_OPTION' ? `The options of ${what}` : what;
  checkObject(code, whole, given, `the fields ${[...names].join(', ')}`);
}

/** One without a value is none, and neither is what something has given to all objects. */
function refuseField(code: ErrorCode, what: string, given: object, name: string, names: ReadonlySet<string>): void {
  if (!Object.hasOwn(given, name) || (given as Record<string, unknown>)[name] === undefined) return;
  const noun = nounOf(code);
  const why = `${what} has no ${noun} ${describe(name)}; its ${noun}s are ${[...names].join(', ')}.`;
  throw new MillraceError(code, why, { details: { [noun]: name } });
}

function nounOf(code: ErrorCode): 'option' | 'field' {
  return code === 'INVALID_OPTION' ? 'option' : 'field';
}

/** A definition that was made before may be spread into another, and brings along its kind and what else it has `got`. */
export function checkDefinition(
  kind: 'function' | 'module' | 'ingress' | 'router' | 'egress',
  definition: unknown,
  names: ReadonlySet<string>,
  got: readonly string[] = [],
): void {
  const given = (definition ?? {}) as { readonly type?: unknown; readonly kind?: unknown };
  const type = (given.type as { readonly type?: unknown } | null | undefined)?.type ?? given.type;
  const what = typeof type === 'string' ? `the ${kind} ${describe(type)}` : `this ${kind}`;
  const allowed = given.kind === kind ? new Set([...names, 'kind', ...got]) : names;
  checkFields('INVALID_DEFINITION', `The definition of ${what}`, definition, allowed);
}

/** The list that `owner` has under this name, of what a `define…` function gives, which its `kind` tells; by default empty. */
export function definitionsOf<Item extends { readonly kind: string }>(
  code: ErrorCode,
  owner: string,
  name: string,
  given: unknown,
  kind: Item['kind'],
): readonly Item[] {
  const items = given ?? [];
  const refuse = (why: string): never => {
    throw new MillraceError(code, `${owner} ${name} ${why}.`, { details: { [nounOf(code)]: name } });
  };
  if (!Array.isArray(items)) return refuse(`must be a list, not ${describe(items)}`);
  for (const item of items as readonly (Item | null | undefined)[]) {
    if (item?.kind !== kind) refuse(`must hold ${kind} definitions, not ${describe(item)}`);
  }
  return items;
}
