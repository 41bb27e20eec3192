/**
 * The shapes of small messages, known to all threads of an engine by number: the list of an object's keys, so that a
 * message need not carry them. A table in shared memory, append-only; a number means the same on every thread for as
 * long as the engine runs (and nothing with such a number ever goes to disk).
 *
 * ```
 *  word 0: how many shapes   1: lock   2: bytes used      byte 12: │ length (32) │ keys as JSON, padded to 4 │ …
 * ```
 *
 * A shape is written under the lock and then counted by an atomic store; whoever sees the count sees the shape. The lock
 * is taken a few hundred times in the life of an engine, for microseconds, so waiting for it is spinning.
 */
import { assert } from '../base/assert.ts';

const COUNT = 0;
const LOCK = 1;
const USED = 2;
const HEADER_BYTES = 12;
const REGISTRY_BYTES = 256 * 1024;
export const SHAPE_COUNT_MAX = 1024;
/** Objects with more keys than this are dictionaries rather than records. */
export const SHAPE_KEYS_MAX = 24;

export interface Shape {
  readonly number: number;
  readonly keys: readonly string[];
}

export function allocateShapeRegistry(): SharedArrayBuffer {
  return new SharedArrayBuffer(REGISTRY_BYTES);
}

/** One thread's view of the table. */
export class ShapeRegistry {
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #shapes: Shape[] = [];
  readonly #numbers = new Map<string, number>();
  #readBytes = HEADER_BYTES;

  constructor(shared: SharedArrayBuffer) {
    this.#words = new Int32Array(shared);
    this.#bytes = new Uint8Array(shared);
  }

  /** A shape that some thread has registered. */
  get(number: number): Shape {
    if (number >= this.#shapes.length) this.#catchUp();
    const shape = this.#shapes[number];
    assert(shape !== undefined, 'a shape is registered before its number is used');
    return shape;
  }

  /** The shape with these keys, made if need be; undefined when the table is full. */
  register(keys: readonly string[]): Shape | undefined {
    const text = JSON.stringify(keys);
    while (Atomics.compareExchange(this.#words, LOCK, 0, 1) !== 0);
    try {
      this.#catchUp();
      const known = this.#numbers.get(text);
      if (known !== undefined) return this.#shapes[known];
      if (!this.#append(Buffer.from(text))) return undefined;
      this.#catchUp();
      return this.#shapes.at(-1);
    } finally {
      Atomics.store(this.#words, LOCK, 0);
    }
  }

  #append(text: Uint8Array): boolean {
    const at = this.#words[USED] === 0 ? HEADER_BYTES : this.#words[USED];
    const end = at + 4 + ((text.length + 3) & ~3);
    const count = Atomics.load(this.#words, COUNT);
    if (count === SHAPE_COUNT_MAX || end > this.#bytes.length) return false;
    this.#words[at >> 2] = text.length;
    this.#bytes.set(text, at + 4);
    this.#words[USED] = end;
    Atomics.store(this.#words, COUNT, count + 1);
    return true;
  }

  #catchUp(): void {
    const count = Atomics.load(this.#words, COUNT);
    while (this.#shapes.length < count) {
      const length = this.#words[this.#readBytes >> 2];
      const start = this.#readBytes + 4;
      const text = Buffer.from(this.#bytes.subarray(start, start + length)).toString();
      this.#numbers.set(text, this.#shapes.length);
      this.#shapes.push({ number: this.#shapes.length, keys: JSON.parse(text) as string[] });
      this.#readBytes = start + ((length + 3) & ~3);
    }
  }
}
