/**
 * Names of things: function, ingress and egress types (`namespace/name`) and addresses (type and id). The rules are
 * those of StateFun's runtime side: exactly one slash, both halves non-empty; an id is any string that is not empty. Names are checked once, where they enter; behind that door the engine relies on them.
 */
import { describe, MillraceError } from './errors.ts';

/** The name of one virtual entity, which always exists. */
export interface Address {
  /** Function type, `namespace/name`. */
  readonly type: string;
  readonly id: string;
}

/** Longest id, in UTF-16 code units (`String.length`). */
export const ID_LENGTH_MAX = 1024;
/** Longest type name, both halves and the slash. */
export const TYPE_NAME_LENGTH_MAX = 256;

/** What the type name of a function ends in that serves all types of its namespace. */
const WHOLE_NAMESPACE = '/*';

export function isTypeName(name: unknown): name is string {
  if (typeof name !== 'string' || name.length > TYPE_NAME_LENGTH_MAX || !name.isWellFormed()) return false;
  const slash = name.indexOf('/');
  return slash > 0 && slash < name.length - 1 && name.indexOf('/', slash + 1) === -1;
}

/** The part of a type name in front of the slash. */
export function namespaceOf(name: string): string {
  return name.slice(0, name.indexOf('/'));
}

/** Whether this is the name of a whole namespace, `namespace/*`: it can be served, and not sent to. */
export function isNamespace(name: string): boolean {
  return name.endsWith(WHOLE_NAMESPACE);
}

/** Returns `name` when it is a type name, else throws `INVALID_TYPE_NAME`. */
export function checkTypeName(name: unknown): string {
  if (isTypeName(name)) return name;
  throw new MillraceError(
    'INVALID_TYPE_NAME',
    `The type name ${describe(name)} is not of the form "namespace/name": exactly one slash, both halves non-empty, ` +
      `at most ${TYPE_NAME_LENGTH_MAX} characters.`,
  );
}

/** What user code gives as an id is not always a string. */
export function isId(id: unknown): id is string {
  return typeof id === 'string' && id.length > 0 && id.length <= ID_LENGTH_MAX;
}

/** The error for an id that `isId` refuses. */
export function invalidId(id: unknown): MillraceError {
  return new MillraceError(
    'INVALID_ID',
    `The id ${describe(id)} is not allowed: an id is a string of 1 to ${ID_LENGTH_MAX} characters.`,
  );
}
