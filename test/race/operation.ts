/**
 * What a thread can do to shared memory in one step, and what one step of it leaves in a store buffer.
 */

export type Operation =
  | { readonly kind: 'load'; readonly address: number; readonly bytes: 1 | 4 }
  | { readonly kind: 'store'; readonly address: number; readonly bytes: 1 | 4; readonly value: number }
  | { readonly kind: 'observe'; readonly address: number }
  | { readonly kind: 'publish'; readonly address: number; readonly value: number }
  | { readonly kind: 'exchange'; readonly address: number; readonly expected: number; readonly value: number }
  | { readonly kind: 'wait'; readonly address: number; readonly expected: number }
  | { readonly kind: 'sleep'; readonly address: number; readonly mayTimeOut: boolean }
  /** The same with an event loop: other things may come first, and then its wait stays. */
  | { readonly kind: 'attend'; readonly address: number; readonly mayTimeOut: boolean }
  | { readonly kind: 'notify'; readonly address: number }
  | { readonly kind: 'await-change'; readonly address: number; readonly seen: number };

export type PlainStore = Extract<Operation, { kind: 'store' }>;

/** Results of `wait`: whether the thread went to sleep. Results of `sleep` and `attend`: why it woke. */
export const NOT_EQUAL = 0;
export const ASLEEP = 1;
export const WOKEN = 0;
export const TIMED_OUT = 1;

/** Something that must not happen, found in this very step. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

/**
 * Which sets of other threads' buffered stores can have arrived when an operation looks at its word: any, as long as
 * stores to the same place arrive in the order in which they were made.
 */
export function arrivals(foreign: readonly PlainStore[], operation: Operation): PlainStore[][] {
  const relevant = foreign.filter((store) => overlap(store, operation));
  if (relevant.length === 0) return [[]];
  const sets = Array.from({ length: 1 << relevant.length }, (_, bits) =>
    relevant.filter((_store, index) => (bits & (1 << index)) !== 0),
  );
  return sets.filter((set) => set.every((store) => isInOrder(store, set, relevant)));
}

/** A word after a store to it or to one of its bytes. */
export function combine(word: number, store: PlainStore): number {
  if (store.bytes === 4) return store.value | 0;
  const shift = 8 * (store.address & 3);
  return (word & ~(0xff << shift)) | ((store.value & 0xff) << shift);
}

function overlap(store: PlainStore, operation: Operation): boolean {
  const bytes = operation.kind === 'load' || operation.kind === 'store' ? operation.bytes : 4;
  return store.address < operation.address + bytes && operation.address < store.address + store.bytes;
}

/** Whether everything that the same thread stored to the same place before `store` has arrived as well. */
function isInOrder(store: PlainStore, arrived: readonly PlainStore[], foreign: readonly PlainStore[]): boolean {
  const earlier = foreign.slice(0, foreign.indexOf(store)).filter((other) => overlap(other, store));
  return earlier.every((other) => arrived.includes(other));
}
