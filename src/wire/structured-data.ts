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

/** How a message must be encoded: `PLAIN` is the fast form, `RICH` the one that can carry everything. */
export const PLAIN = 0;
export const RICH = 1;

/** The plain form writes objects with a 16-bit count of keys. */
const PLAIN_KEY_COUNT_MAX = 0xffff;
/** A longer (and then no doubt a sparse) array is refused before anybody walks over it. */
const ARRAY_LENGTH_MAX = 1 << 28;

type Special = 'map' | 'set' | 'date' | 'bytes' | 'numbers';

/** What is allowed beside plain objects and arrays, by prototype: an instance of a subclass is a class instance. */
const SPECIALS: ReadonlyMap<unknown, Special> = new Map<unknown, Special>([
  [Map.prototype, 'map'],
  [Set.prototype, 'set'],
  [Date.prototype, 'date'],
  [Uint8Array.prototype, 'bytes'],
  // Arrives as a plain Uint8Array, since that is what the bytes say.
  [Buffer.prototype, 'bytes'],
  ...[Int8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array].map(numbers),
  ...[Float32Array, Float64Array, BigInt64Array, BigUint64Array].map(numbers),
]);

function numbers({ prototype }: { readonly prototype: object }): [unknown, Special] {
  return [prototype, 'numbers'];
}

function refuse(path: string, what: string): never {
  const culprit = path === '' ? what : `${what} (at ${path})`;
  throw new MillraceError('MESSAGE_NOT_ENCODABLE', `A message cannot hold ${culprit}.`, { details: { path, culprit } });
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
  // The shortest way for what nearly every message is; `getPrototypeOf` is a call that V8 does not inline.
  if (value.constructor === Object) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function specialOf(value: object, root: unknown): Special {
  return SPECIALS.get(Object.getPrototypeOf(value)) ?? refuseIn(root, value, describe(value));
}

function checkDepth(depth: number): void {
  if (depth >= MESSAGE_DEPTH_MAX) refuse('', `anything nested deeper than ${MESSAGE_DEPTH_MAX} levels (or a cycle)`);
}

/** Checks that a value could be a message. Throws `MESSAGE_NOT_ENCODABLE`. `root` is only for the error's path. */
export function inspect(value: unknown, root: unknown = value, depth = 0): void {
  if (typeof value === 'function' || typeof value === 'symbol') refuseIn(root, value, describe(value));
  if (typeof value !== 'object' || value === null) return;
  checkDepth(depth);
  if (Array.isArray(value)) {
    for (const item of value) inspect(item, root, depth + 1);
  } else if (isPlain(value)) {
    for (const key in value) inspect((value as Record<string, unknown>)[key], root, depth + 1);
  } else {
    const special = specialOf(value, root);
    if (special !== 'map' && special !== 'set') return;
    for (const item of value as Iterable<unknown>) inspect(item, root, depth + 1);
  }
}

/**
 * Checks that a value could be state: what a message may be. Throws `MESSAGE_NOT_ENCODABLE`; whoever knows which state it
 * is adds that with `refuseState`.
 */
export function inspectState(value: unknown): void {
  try {
    inspect(value);
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    const { code, details } = error;
    throw new MillraceError(code, `State cannot hold ${String(details['culprit'])}.`, { details, cause: error.cause });
  }
}

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

/** The form in which a value must be encoded that is known to be structured data: what `copyMessage` finds out, without a copy. */
export function formOf(value: unknown): number {
  if (typeof value === 'number') return Object.is(value, -0) ? RICH : PLAIN;
  if (typeof value !== 'object' || value === null) return PLAIN;
  if (Array.isArray(value)) return value.some((item) => formOf(item) === RICH) ? RICH : PLAIN;
  if (!isPlain(value)) return value instanceof Map || value instanceof Set ? RICH : PLAIN;
  let keyCount = 0;
  for (const key in value) {
    if (key === '__proto__' || formOf((value as Record<string, unknown>)[key]) === RICH) return RICH;
    keyCount++;
  }
  return keyCount > PLAIN_KEY_COUNT_MAX ? RICH : PLAIN;
}

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
      if (Object.is(value, -0)) tally.form = RICH;
      return value;
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
  checkDepth(depth);
  if (Array.isArray(value)) return copyArray(value, root, depth);
  if (!isPlain(value)) return copySpecial(value, root, depth);
  if (tally.strict && Object.getOwnPropertySymbols(value).length > 0) refuseIn(root, value, 'symbol keys');
  // A spread is the engine's fast path for cloning an object with its hidden class; then only what needs it is replaced.
  const copy = { ...value } as Record<string, unknown>;
  let keyCount = 0;
  for (const key in copy) {
    const item = copy[key];
    tally.bytesBound += 2 * HEAD_BYTES + key.length * 3;
    keyCount++;
    if (key === '__proto__') tally.form = RICH;
    if (typeof item === 'number' && item !== 0) continue;
    const itemCopy = copyMessage(item, root, depth + 1);
    if (itemCopy === item) continue;
    if (key === '__proto__') Object.defineProperty(copy, key, { value: itemCopy });
    else copy[key] = itemCopy;
  }
  if (keyCount > PLAIN_KEY_COUNT_MAX) tally.form = RICH;
  return copy;
}

function copyArray(value: readonly unknown[], root: unknown, depth: number): unknown[] {
  if (value.length > ARRAY_LENGTH_MAX) refuseIn(root, value, describe(value));
  const copy = new Array<unknown>(value.length);
  for (let index = 0; index < value.length; index++) copy[index] = copyMessage(value[index], root, depth + 1);
  return copy;
}

function copySpecial(value: object, root: unknown, depth: number): unknown {
  switch (specialOf(value, root)) {
    case 'map':
      return copyMap(value as Map<unknown, unknown>, root, depth);
    case 'set':
      return copySet(value as Set<unknown>, root, depth);
    case 'date':
      tally.bytesBound += HEAD_BYTES;
      return new Date((value as Date).getTime());
    case 'bytes':
      tally.bytesBound += (value as Uint8Array).length;
      return new Uint8Array(value as Uint8Array);
    case 'numbers': {
      tally.bytesBound += (value as Float64Array).byteLength;
      const { constructor } = Object.getPrototypeOf(value) as { constructor: new (items: object) => object };
      return new constructor(value);
    }
  }
}

function copyMap(value: ReadonlyMap<unknown, unknown>, root: unknown, depth: number): Map<unknown, unknown> {
  tally.form = RICH;
  const copy = new Map<unknown, unknown>();
  for (const [key, item] of value) copy.set(copyMessage(key, root, depth + 1), copyMessage(item, root, depth + 1));
  return copy;
}

function copySet(value: ReadonlySet<unknown>, root: unknown, depth: number): Set<unknown> {
  tally.form = RICH;
  const copy = new Set<unknown>();
  for (const item of value) copy.add(copyMessage(item, root, depth + 1));
  return copy;
}
