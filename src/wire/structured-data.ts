/**
 * What a message may be, and the copy of one that stays on its thread. Structured data only: primitives, bigint, plain
 * objects, arrays, Date, Uint8Array and the other typed arrays, Map and Set. Everything else (functions, symbols, class
 * instances, cycles) is refused at the sender, where the mistake is, with the path to the culprit.
 *
 * Invariant I11: a message means the same whether or not it crossed a thread. So `copyMessage` gives exactly what
 * encoding and decoding would give (a property test holds the two together), and never shares anything mutable.
 */
import { describe, MillraceError } from '../sdk/errors.ts';

/** Deeper nesting is refused; it also ends every cycle. */
export const MESSAGE_DEPTH_MAX = 64;

/** How a message must be encoded: `PLAIN` is the fast form, `RICH` the one that can tell maps from objects. */
export const PLAIN = 0;
export const RICH = 1;

/** The plain form writes objects with a 16-bit count of keys. */
const PLAIN_KEY_COUNT_MAX = 0xffff;

const TypedArray = Object.getPrototypeOf(Uint8Array) as { prototype: object };

function refuse(path: string, what: string): never {
  throw new MillraceError(
    'MESSAGE_NOT_ENCODABLE',
    `A message cannot hold ${what}${path === '' ? '' : ` (at ${path})`}.`,
    {
      details: { path },
    },
  );
}

/** Finds the path to `culprit` for the error message; only ever called on the way to throwing. */
function pathTo(root: unknown, culprit: unknown, path: string, depth: number): string | undefined {
  if (root === culprit) return path;
  if (typeof root !== 'object' || root === null || depth > MESSAGE_DEPTH_MAX || ArrayBuffer.isView(root))
    return undefined;
  const entries: Iterable<[unknown, unknown]> =
    root instanceof Map ? root : root instanceof Set ? [...root].entries() : Object.entries(root);
  for (const [key, item] of entries) {
    const found = pathTo(
      item,
      culprit,
      `${path}${Array.isArray(root) ? `[${String(key)}]` : `.${describe(key).replaceAll('"', '')}`}`,
      depth + 1,
    );
    if (found !== undefined) return found;
  }
  return undefined;
}

function refuseIn(root: unknown, culprit: unknown, why: string): never {
  refuse(pathTo(root, culprit, '', 0) ?? '', why);
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * Checks a message and says which form it needs. Throws `MESSAGE_NOT_ENCODABLE`.
 * `root` is what the user passed, for the error's path.
 */
export function inspect(value: unknown, root: unknown = value, depth = 0): number {
  switch (typeof value) {
    case 'object':
      return value === null ? PLAIN : inspectObject(value, root, depth);
    case 'function':
    case 'symbol':
      return refuseIn(root, value, describe(value));
    default:
      return PLAIN;
  }
}

function inspectObject(value: object, root: unknown, depth: number): number {
  if (depth >= MESSAGE_DEPTH_MAX) refuse('', `anything nested deeper than ${MESSAGE_DEPTH_MAX} levels (or a cycle)`);
  let form = PLAIN;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      const item: unknown = value[index];
      if (typeof item === 'object' || typeof item === 'function' || typeof item === 'symbol') {
        form |= inspect(item, root, depth + 1);
      }
    }
    return form;
  }
  if (!isPlain(value)) return inspectSpecial(value, root, depth);
  let keyCount = 0;
  for (const key in value) {
    const item = (value as Record<string, unknown>)[key];
    if (key === '__proto__') refuse('', 'the key "__proto__"');
    if (typeof item === 'object' || typeof item === 'function' || typeof item === 'symbol') {
      form |= inspect(item, root, depth + 1);
    }
    keyCount++;
  }
  return keyCount > PLAIN_KEY_COUNT_MAX ? RICH : form;
}

function inspectSpecial(value: object, root: unknown, depth: number): number {
  if (value instanceof Map) {
    for (const [key, item] of value) {
      inspect(key, root, depth + 1);
      inspect(item, root, depth + 1);
    }
    return RICH;
  }
  if (value instanceof Set) {
    for (const item of value) inspect(item, root, depth + 1);
    return RICH;
  }
  if (value instanceof Date) return PLAIN;
  if (value instanceof Uint8Array) return PLAIN;
  if (value instanceof TypedArray.prototype.constructor && !(value instanceof Float16ArrayOrNothing)) return RICH;
  return refuseIn(root, value, describe(value));
}

class Nothing {}
/** Newer than the oldest Node we run on, and unknown to the codec. */
const Float16ArrayOrNothing: new () => object =
  (globalThis as { Float16Array?: new () => object }).Float16Array ?? Nothing;

/** What the last copy found out about its message on the way; reset by whoever wants to know. */
export const tally: { bytesBound: number; form: number; strict: boolean } = {
  bytesBound: 0,
  form: PLAIN,
  /**
   * Refuse symbol keys. They cannot be encoded and are no part of a message, but to look for them takes five times as
   * long as to copy a small object, so that is done in development only.
   */
  strict: true,
};

/** More than any number, boolean, null or undefined takes, or the head of anything longer. */
const HEAD_BYTES = 9;

/** A deep copy, equal to what encoding and decoding would give. Adds to `tally`. Throws `MESSAGE_NOT_ENCODABLE`. */
export function copyMessage(value: unknown, root: unknown = value, depth = 0): unknown {
  tally.bytesBound += HEAD_BYTES;
  switch (typeof value) {
    case 'object':
      return value === null ? null : copyObject(value, root, depth);
    case 'string':
      tally.bytesBound += value.length * 3;
      return value;
    case 'number':
      return value === 0 ? 0 : value; // the codec does not keep the sign of -0
    case 'bigint':
      if (BigInt.asIntN(64, value) !== value) tally.bytesBound += value.toString(16).length;
      return value;
    case 'function':
    case 'symbol':
      return refuseIn(root, value, describe(value));
    default:
      return value;
  }
}

function copyObject(value: object, root: unknown, depth: number): unknown {
  if (depth >= MESSAGE_DEPTH_MAX) refuse('', `anything nested deeper than ${MESSAGE_DEPTH_MAX} levels (or a cycle)`);
  if (Array.isArray(value)) return copyArray(value, root, depth);
  if (!isPlain(value)) return copySpecial(value, root, depth);
  if (tally.strict && Object.getOwnPropertySymbols(value).length > 0) refuseIn(root, value, 'symbol keys');
  // A spread is the engine's fast path for cloning an object with its hidden class; then only what needs it is replaced.
  const copy = { ...value } as Record<string, unknown>;
  let keyCount = 0;
  for (const key in copy) {
    const item = copy[key];
    if (key === '__proto__') refuse('', 'the key "__proto__"');
    tally.bytesBound += 2 * HEAD_BYTES + key.length * 3;
    keyCount++;
    if (typeof item !== 'number' || item === 0) {
      const itemCopy = copyMessage(item, root, depth + 1);
      if (itemCopy !== item || item === 0) copy[key] = itemCopy;
    }
  }
  if (keyCount > PLAIN_KEY_COUNT_MAX) tally.form = RICH;
  return copy;
}

function copyArray(value: readonly unknown[], root: unknown, depth: number): unknown[] {
  const copy = new Array<unknown>(value.length);
  for (let index = 0; index < value.length; index++) copy[index] = copyMessage(value[index], root, depth + 1);
  return copy;
}

function copySpecial(value: object, root: unknown, depth: number): unknown {
  if (inspectSpecial(value, root, depth) === RICH) tally.form = RICH;
  if (value instanceof Map) {
    const copy = new Map<unknown, unknown>();
    for (const [key, item] of value) copy.set(copyMessage(key, root, depth + 1), copyMessage(item, root, depth + 1));
    return copy;
  }
  if (value instanceof Set) {
    const copy = new Set<unknown>();
    for (const item of value) copy.add(copyMessage(item, root, depth + 1));
    return copy;
  }
  if (value instanceof Date) return new Date(value.getTime());
  tally.bytesBound += (value as Uint8Array).byteLength;
  // Buffers arrive as plain Uint8Arrays, since that is what the bytes say.
  if (value instanceof Uint8Array) return new Uint8Array(value);
  return (value as Float64Array).slice();
}
