/**
 * The writing end of a ring. It belongs to one thread. Frames are claimed and filled with plain stores behind a private
 * tail; nothing is visible until `publish`, so a batch costs one atomic store, and a failed invocation takes its
 * frames back by `rollback` (I5). It never waits: a ring without room answers `RING_FULL` (I7).
 */
import { assert } from '../base/assert.ts';
import { FRAME_HEADER_BYTES, FRAME_LENGTH_MASK, FRAME_PADDING, FRAME_WHOLE } from './ring-layout.ts';
import type { RingMemory } from './ring-memory.ts';

export const RING_FULL = -1;

export class RingProducer {
  readonly memory: RingMemory;
  readonly words: Int32Array;
  readonly bytes: Uint8Array;
  /** Longest body of one frame: a quarter of the ring, so that a large record keeps both ends busy. */
  readonly bodyBytesMax: number;
  readonly #capacityBytes: number;
  #tail: number;
  #publishedTail: number;
  #cachedHead: number;

  constructor(memory: RingMemory) {
    this.memory = memory;
    this.words = memory.words;
    this.bytes = memory.bytes;
    this.#capacityBytes = memory.capacityBytes;
    this.bodyBytesMax = Math.min((memory.capacityBytes >> 2) - FRAME_HEADER_BYTES, FRAME_LENGTH_MASK);
    this.#tail = this.#publishedTail = memory.observeTail();
    this.#cachedHead = memory.observeHead();
  }

  /** The private tail, to roll back to. */
  get position(): number {
    return this.#tail;
  }

  /**
   * Makes room for a frame and writes its header. Returns where its body begins, in bytes (a multiple of 4), or
   * `RING_FULL`. The caller fills the body before the next `publish`.
   */
  claim(bodyBytes: number, flags: number = FRAME_WHOLE): number {
    const frameBytes = FRAME_HEADER_BYTES + ((bodyBytes + 3) & ~3);
    const capacityBytes = this.#capacityBytes;
    let offset = this.#tail & (capacityBytes - 1);
    const toEndBytes = capacityBytes - offset;
    const paddingBytes = frameBytes > toEndBytes ? toEndBytes : 0;
    if (capacityBytes - ((this.#tail - this.#cachedHead) | 0) < frameBytes + paddingBytes) {
      // Looks full with the head as last seen; only now is the consumer's cache line worth a look.
      this.#cachedHead = this.memory.observeHead();
      if (capacityBytes - ((this.#tail - this.#cachedHead) | 0) < frameBytes + paddingBytes) return RING_FULL;
    }
    if (paddingBytes !== 0) {
      this.words[offset >> 2] = FRAME_PADDING | (paddingBytes - FRAME_HEADER_BYTES);
      this.#tail = (this.#tail + paddingBytes) | 0;
      offset = 0;
    }
    this.words[offset >> 2] = flags | bodyBytes;
    this.#tail = (this.#tail + frameBytes) | 0;
    return offset + FRAME_HEADER_BYTES;
  }

  /** Forgets all frames claimed since `position` was noted. Only what is not yet published can be taken back. */
  rollback(position: number): void {
    assert(((position - this.#publishedTail) | 0) >= 0, 'a published frame cannot be taken back (I5)');
    this.#tail = position;
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

  /**
   * Walks the unpublished frames from `position` on: calls `visit` with offset and length of each body. For taking back
   * what an invocation sent directly before it turned out to be asynchronous.
   */
  forEachUnpublished(position: number, visit: (offsetBytes: number, bodyBytes: number) => void): void {
    for (let at = position; at !== this.#tail; ) {
      const offset = at & (this.#capacityBytes - 1);
      const header = this.words[offset >> 2];
      const bodyBytes = header & FRAME_LENGTH_MASK;
      if ((header & FRAME_PADDING) === 0) visit(offset + FRAME_HEADER_BYTES, bodyBytes);
      at = (at + FRAME_HEADER_BYTES + ((bodyBytes + 3) & ~3)) | 0;
    }
  }
}
