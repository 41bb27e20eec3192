/**
 * What user code may not change. State values belong to the engine: a failed invocation must leave nothing behind, and
 * a checkpoint may encode a value long after the invocation that wrote it. The type says so to the compiler, and in
 * development `deepFreeze` says so at run time.
 */

type Primitive = string | number | bigint | boolean | symbol | null | undefined;
type TypedArrayMutator = 'set' | 'fill' | 'sort' | 'reverse' | 'copyWithin' | 'buffer';

/** `T` with every level read-only; dates and typed arrays lose the methods that change them. */
export type Immutable<T> = T extends Primitive
  ? T
  : T extends Date
    ? Omit<Date, `set${string}`>
    : T extends Uint8Array
      ? Omit<Uint8Array, TypedArrayMutator | number> & { readonly [index: number]: number }
      : T extends ReadonlyMap<infer Key, infer Value>
        ? ReadonlyMap<Immutable<Key>, Immutable<Value>>
        : T extends ReadonlySet<infer Item>
          ? ReadonlySet<Immutable<Item>>
          : T extends object
            ? { readonly [Key in keyof T]: Immutable<T[Key]> }
            : T;

function refuseChange(): never {
  throw new TypeError('A state value is immutable: assign a new value to ctx.state instead of changing this one.');
}

const REFUSED = { value: refuseChange, enumerable: false };
const MUTATORS: ReadonlyMap<unknown, PropertyDescriptorMap> = new Map<unknown, PropertyDescriptorMap>([
  [Map.prototype, { set: REFUSED, delete: REFUSED, clear: REFUSED }],
  [Set.prototype, { add: REFUSED, delete: REFUSED, clear: REFUSED }],
  [
    Date.prototype,
    Object.fromEntries(
      Object.getOwnPropertyNames(Date.prototype)
        .filter((name) => name.startsWith('set'))
        .map((name) => [name, REFUSED]),
    ),
  ],
]);

/**
 * Freezes a value and all it holds, in place. Maps, sets and dates get refusing methods, since freezing alone does not
 * stop them; the bytes of a typed array cannot be protected. A value that is frozen already is taken to be done, so
 * that freezing shared structure again costs one look.
 */
export function deepFreeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value) || ArrayBuffer.isView(value)) return;
  const mutators = MUTATORS.get(Object.getPrototypeOf(value));
  if (mutators !== undefined) Object.defineProperties(value, mutators);
  Object.freeze(value);
  if (value instanceof Map) {
    for (const [key, item] of value) {
      deepFreeze(key);
      deepFreeze(item);
    }
  } else if (value instanceof Set) {
    for (const item of value) deepFreeze(item);
  } else {
    for (const item of Object.values(value)) deepFreeze(item);
  }
}
