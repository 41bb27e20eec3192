/**
 * Memory for many small pieces of bytes that come and go: outside the heap, so that the garbage collector has nothing to
 * copy however many there are; nor to count, as `WordColumns` says. Whoever keeps a piece keeps a number, its slot. Slots
 * of one size lie together, and those that are given back are used again first. A piece that is larger than the largest
 * size gets memory of its own.
 *
 * ```
 *   slot:           │ index (26) │ size class (5) │
 *   chunk of class: │ 1,024 slots of (class + 1) × 32 bytes │;  a free one holds the index of the next free one (32)
 * ```
 *
 * A size that nobody uses any more gives its memory back; until then it keeps what its busiest time needed.
 */
import { assert } from '../base/assert.ts';

const SIZE_STEP = 32;
const CLASS_BITS = 5;
/** The class of those that are larger than all others: each with memory of its own. */
const CLASS_LARGE = (1 << CLASS_BITS) - 1;
const INDEX_MAX = 1 << (31 - CLASS_BITS);
const CHUNK_BITS = 10;
const CHUNK_COUNT = 1 << CHUNK_BITS;
const NONE = -1;

export class ByteSlots {
  /** Where the slot lies that was looked for last. */
  bytes: Buffer = Buffer.alloc(0);
  start = 0;
  readonly #classes = Array.from({ length: CLASS_LARGE }, (_, index) => new SlotClass((index + 1) * SIZE_STEP));
  readonly #large: Buffer[] = [];
  readonly #freeLarge: number[] = [];

  /** A slot for so many bytes. */
  take(byteLength: number): number {
    const index = (byteLength - 1) >>> 5;
    if (index >= CLASS_LARGE) return this.#takeLarge(byteLength);
    const slot = this.#classes[index].take();
    assert(slot < INDEX_MAX, 'as many pieces as memory has room for');
    return (slot << CLASS_BITS) | index;
  }

  /** Sets `bytes` and `start`. */
  find(slot: number): void {
    const sizeClass = slot & CLASS_LARGE;
    const index = slot >>> CLASS_BITS;
    if (sizeClass === CLASS_LARGE) {
      this.bytes = this.#large[index];
      this.start = 0;
      return;
    }
    const { chunks, byteLength } = this.#classes[sizeClass];
    this.bytes = chunks[index >>> CHUNK_BITS];
    this.start = (index & (CHUNK_COUNT - 1)) * byteLength;
  }

  /** Gives a slot back. */
  free(slot: number): void {
    const sizeClass = slot & CLASS_LARGE;
    const index = slot >>> CLASS_BITS;
    if (sizeClass < CLASS_LARGE) {
      this.#classes[sizeClass].free(index);
      return;
    }
    this.#large[index] = Buffer.alloc(0);
    this.#freeLarge.push(index);
  }

  /** Memory that is kept, used or not. */
  get byteLength(): number {
    const large = this.#large.reduce((sum, { length }) => sum + length, 0);
    return this.#classes.reduce((sum, { chunks, byteLength }) => sum + chunks.length * CHUNK_COUNT * byteLength, large);
  }

  #takeLarge(byteLength: number): number {
    const index = this.#freeLarge.pop() ?? this.#large.length;
    this.#large[index] = Buffer.allocUnsafeSlow(byteLength);
    return (index << CLASS_BITS) | CLASS_LARGE;
  }
}

/** The slots of one size. */
class SlotClass {
  readonly byteLength: number;
  chunks: Buffer[] = [];
  #liveCount = 0;
  /** Slots that were ever used since there was none. */
  #usedCount = 0;
  #firstFree = NONE;

  constructor(byteLength: number) {
    this.byteLength = byteLength;
  }

  take(): number {
    this.#liveCount++;
    const index = this.#firstFree;
    if (index !== NONE) {
      this.#firstFree = this.chunks[index >>> CHUNK_BITS].readInt32LE((index & (CHUNK_COUNT - 1)) * this.byteLength);
      return index;
    }
    if (this.#usedCount === this.chunks.length << CHUNK_BITS) {
      this.chunks.push(Buffer.from(new SharedArrayBuffer(this.byteLength << CHUNK_BITS)));
    }
    return this.#usedCount++;
  }

  free(index: number): void {
    this.chunks[index >>> CHUNK_BITS].writeInt32LE(this.#firstFree, (index & (CHUNK_COUNT - 1)) * this.byteLength);
    this.#firstFree = index;
    if (--this.#liveCount > 0) return;
    this.chunks = this.chunks.slice(0, 1);
    this.#usedCount = 0;
    this.#firstFree = NONE;
  }
}
