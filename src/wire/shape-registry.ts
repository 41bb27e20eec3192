/**
 * The shapes of small messages, known to all threads of an engine by number: the list of an object's keys, so that a
 * message need not carry them. A table in shared memory, append-only; a number means the same on every thread for as
 * long as the engine runs (and nothing with such a number ever goes to disk).
 *
 * ```
 *  word 0: how many shapes   1: lock, 1 while taken       byte 8: │ length (32) │ keys as JSON, padded to 4 │ …
 * ```
 *
 * A shape is written under the lock, behind the last one that is counted, and then counted by an atomic store; whoever
 * sees the count sees the shape. What a writer left half done is not counted, and the next one writes over it.
 *
 * Nobody waits for the lock: a shape makes messages faster and is never needed, so who finds the lock taken does without
 * and tries again some messages later. A thread that was ended while it held the lock leaves it taken for good. Then no
 * shapes are added any more, those that are there go on to be used, and nobody hangs.
 */
import { assert } from '../base/assert.ts';

const COUNT_WORD = 0;
const LOCK_WORD = 1;
const SHAPES_OFFSET_BYTES = 8;
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
  /** Where the shapes end that this thread has read. */
  #readBytes = SHAPES_OFFSET_BYTES;

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

  /** The shape with these keys, made if need be; undefined when the table is full or the lock is taken. */
  register(keys: readonly string[]): Shape | undefined {
    const text = JSON.stringify(keys);
    // What others have added is read before the lock is taken, so that it is held for a moment only.
    const known = this.#find(text);
    if (known !== undefined) return known;
    const bytes = Buffer.from(text);
    if (Atomics.compareExchange(this.#words, LOCK_WORD, 0, 1) !== 0) return undefined;
    try {
      return this.#find(text) ?? this.#append(bytes);
    } finally {
      Atomics.store(this.#words, LOCK_WORD, 0);
    }
  }

  #find(text: string): Shape | undefined {
    this.#catchUp();
    const number = this.#numbers.get(text);
    return number === undefined ? undefined : this.#shapes[number];
  }

  /** Writes a shape, under the lock and with all others read: so it belongs where reading has come to. */
  #append(text: Uint8Array): Shape | undefined {
    const at = this.#readBytes;
    const end = at + 4 + ((text.length + 3) & ~3);
    const count = this.#shapes.length;
    if (count === SHAPE_COUNT_MAX || end > this.#bytes.length) return undefined;
    this.#words[at >> 2] = text.length;
    this.#bytes.set(text, at + 4);
    Atomics.store(this.#words, COUNT_WORD, count + 1);
    this.#catchUp();
    return this.#shapes[count];
  }

  #catchUp(): void {
    const count = Atomics.load(this.#words, COUNT_WORD);
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
