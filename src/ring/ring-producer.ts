/**
 * The writing end of a ring. It belongs to one thread. Frames are claimed and filled with plain stores behind a private
 * tail; nothing is visible until `publish`, so a batch costs one atomic store, and a failed invocation takes its
 * frames back by `rollback` (I5). It never waits: a ring without room answers `RING_FULL` (I7).
 */
import { assert } from '../base/assert.ts';
import { FRAME_HEADER_BYTES, FRAME_LENGTH_MASK, FRAME_PADDING, FRAME_WHOLE } from './ring-layout.ts';
import type { RingMemory } from './ring-memory.ts';

// V8 folds constants of the same file, but not imported ones, and this path notices.
const HEADER_BYTES = FRAME_HEADER_BYTES;
const PADDING = FRAME_PADDING;
const WHOLE = FRAME_WHOLE;

export const RING_FULL = -1;

export class RingProducer {
  readonly memory: RingMemory;
  readonly words: Int32Array;
  readonly bytes: Uint8Array;
  /** Longest body of one frame: a quarter of the ring, so that a large record keeps both ends busy. */
  readonly bodyBytesMax: number;
  readonly #mask: number;
  #tail: number;
  #limit = 0;
  #publishedTail: number;
  #cachedHead: number;

  constructor(memory: RingMemory) {
    this.memory = memory;
    this.words = memory.words;
    this.bytes = memory.bytes;
    this.#mask = memory.capacityBytes - 1;
    this.bodyBytesMax = Math.min((memory.capacityBytes >> 2) - HEADER_BYTES, FRAME_LENGTH_MASK);
    this.#tail = this.#publishedTail = memory.observeTail();
    this.#cachedHead = memory.observeHead();
    this.#setLimit();
  }

  /** The private tail, to roll back to. */
  get position(): number {
    return this.#tail;
  }

  /**
   * Makes room for a frame and writes its header. Returns where its body begins, in bytes (a multiple of 4), or
   * `RING_FULL`. The caller fills the body before the next `publish`. A body above `bodyBytesMax` may never find room.
   */
  claim(bodyBytes: number, flags: number = WHOLE): number {
    const frameBytes = HEADER_BYTES + ((bodyBytes + 3) & ~3);
    const tail = this.#tail;
    if (((tail + frameBytes - this.#limit) | 0) > 0) return this.#claimBeyondLimit(bodyBytes, flags, frameBytes);
    const offset = tail & this.#mask;
    this.words[offset >> 2] = flags | bodyBytes;
    this.#tail = (tail + frameBytes) | 0;
    return offset + HEADER_BYTES;
  }

  /** The ring ends here, or looks full with the head as last seen; only now is the consumer's cache line worth a look. */
  #claimBeyondLimit(bodyBytes: number, flags: number, frameBytes: number): number {
    const capacityBytes = this.#mask + 1;
    const offset = this.#tail & this.#mask;
    const toEndBytes = capacityBytes - offset;
    const paddingBytes = frameBytes > toEndBytes ? toEndBytes : 0;
    if (capacityBytes - ((this.#tail - this.#cachedHead) | 0) < frameBytes + paddingBytes) {
      this.#cachedHead = this.memory.observeHead();
      if (capacityBytes - ((this.#tail - this.#cachedHead) | 0) < frameBytes + paddingBytes) return RING_FULL;
    }
    if (paddingBytes !== 0) this.words[offset >> 2] = PADDING | (paddingBytes - HEADER_BYTES);
    const at = paddingBytes === 0 ? offset : 0;
    this.words[at >> 2] = flags | bodyBytes;
    this.#tail = (this.#tail + paddingBytes + frameBytes) | 0;
    this.#setLimit();
    return at + HEADER_BYTES;
  }

  /** Up to where frames can be claimed without a further thought: the end of the ring, or of what is known to be free. */
  #setLimit(): void {
    const endOfRing = ((this.#tail | this.#mask) + 1) | 0;
    const endOfFree = (this.#cachedHead + this.#mask + 1) | 0;
    this.#limit = ((endOfFree - endOfRing) | 0) < 0 ? endOfFree : endOfRing;
  }

  /** Forgets all frames claimed since `position` was noted. Only what is not yet published can be taken back. */
  rollback(position: number): void {
    assert(((position - this.#publishedTail) | 0) >= 0, 'a published frame cannot be taken back (I5)');
    this.#tail = position;
    this.#setLimit();
  }

  /** Whether the consumer has given back room since a claim last found too little. */
  get hasNewRoom(): boolean {
    return this.memory.observeHead() !== this.#cachedHead;
  }

  /** Shows all claimed frames to the consumer. Returns whether there were any. */
  publish(): boolean {
    if (this.#tail === this.#publishedTail) return false;
    this.#publishedTail = this.#tail;
    this.memory.publishTail(this.#tail);
    return true;
  }
}
