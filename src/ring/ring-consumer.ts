/**
 * The reading end of a ring. It belongs to one thread. It hands over frames in place, without copying, and gives their
 * bytes back to the producer once a batch: a frame's bytes are valid only during `onFrame`.
 */
import { assert } from '../base/assert.ts';
import { FRAME_HEADER_BYTES, FRAME_LENGTH_MASK, FRAME_PADDING } from './ring-layout.ts';
import type { RingMemory } from './ring-memory.ts';

// V8 folds constants of the same file, but not imported ones, and this path notices.
const HEADER_BYTES = FRAME_HEADER_BYTES;
const LENGTH_MASK = FRAME_LENGTH_MASK;
const PADDING = FRAME_PADDING;

export interface FrameHandler {
  /** `offsetBytes` is where the body begins, a multiple of 4; `header` holds the fragment flags. */
  onFrame(offsetBytes: number, bodyBytes: number, header: number): void;
  /** The frame will be handed over soon: a chance to fetch what it will need. May be left out. */
  onFrameAhead?(offsetBytes: number, header: number): void;
  /** All frames of this look-ahead have been shown. */
  onAheadEnd?(): void;
}

/** Frames that are shown ahead at once: about as many cache misses as a processor core can have under way. */
const LOOK_AHEAD_COUNT = 16;

export class RingConsumer {
  readonly memory: RingMemory;
  readonly #words: Int32Array;
  readonly #mask: number;
  #head: number;

  constructor(memory: RingMemory) {
    this.memory = memory;
    this.#words = memory.words;
    this.#mask = memory.capacityBytes - 1;
    this.#head = memory.observeHead();
  }

  /** Whether there is anything to read; may be late, never wrong about "yes". */
  get hasFrames(): boolean {
    return this.memory.observeTail() !== this.#head;
  }

  /**
   * Hands at most `frameCountMax` frames to the handler; returns how many. A handler that throws leaves the head where
   * it was: what was not handled counts as not read, and the shard must fail and restore rather than go on.
   */
  drain(handler: FrameHandler, frameCountMax: number): number {
    const tail = this.memory.observeTail();
    let head = this.#head;
    let count = 0;
    let lookAheadAt = handler.onFrameAhead === undefined ? -1 : 0;
    while (head !== tail && count < frameCountMax) {
      if (count === lookAheadAt) {
        this.#lookAhead(handler, head, tail);
        lookAheadAt += LOOK_AHEAD_COUNT;
      }
      const offset = head & this.#mask;
      const header = this.#words[offset >> 2];
      const bodyBytes = header & LENGTH_MASK;
      const frameBytes = HEADER_BYTES + ((bodyBytes + 3) & ~3);
      assert(((tail - head) | 0) >= frameBytes, 'a frame ends below the published tail (I2)');
      if ((header & PADDING) === 0) {
        handler.onFrame(offset + HEADER_BYTES, bodyBytes, header);
        count++;
      }
      head = (head + frameBytes) | 0;
    }
    if (head !== this.#head) {
      this.#head = head;
      this.memory.publishHead(head);
    }
    return count;
  }

  /** Shows the next frames to the handler before it gets the first of them. */
  #lookAhead(handler: FrameHandler, head: number, tail: number): void {
    for (let at = head, count = 0; at !== tail && count < LOOK_AHEAD_COUNT; count++) {
      const offset = at & this.#mask;
      const header = this.#words[offset >> 2];
      if ((header & PADDING) === 0) handler.onFrameAhead?.(offset + HEADER_BYTES, header);
      at = (at + HEADER_BYTES + (((header & LENGTH_MASK) + 3) & ~3)) | 0;
    }
    handler.onAheadEnd?.();
  }
}
