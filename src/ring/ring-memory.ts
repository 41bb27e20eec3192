/**
 * The shared words of one ring, with the memory order in the names: JavaScript's Atomics are all sequentially
 * consistent, so what a caller must know is only who publishes what to whom. Every access of a ring to memory that
 * another thread can see goes through here, which is what lets the model checker step it access by access.
 */
import { assert } from '../base/assert.ts';
import {
  DATA_OFFSET_BYTES,
  HEAD_WORD,
  RING_CAPACITY_BYTES_MAX,
  RING_CAPACITY_BYTES_MIN,
  TAIL_WORD,
} from './ring-layout.ts';

/** Allocates the shared memory of a ring; `capacityBytes` must be a power of two. */
export function allocateRing(capacityBytes: number): SharedArrayBuffer {
  assert(
    capacityBytes >= RING_CAPACITY_BYTES_MIN && capacityBytes <= RING_CAPACITY_BYTES_MAX,
    'ring capacity in range',
  );
  assert((capacityBytes & (capacityBytes - 1)) === 0, 'ring capacity is a power of two');
  return new SharedArrayBuffer(DATA_OFFSET_BYTES + capacityBytes);
}

export class RingMemory {
  readonly capacityBytes: number;
  /** The frames as words and as bytes; both views begin at the first frame. */
  readonly words: Int32Array;
  readonly bytes: Uint8Array;
  readonly #positions: Int32Array;

  constructor(shared: SharedArrayBuffer) {
    this.capacityBytes = shared.byteLength - DATA_OFFSET_BYTES;
    this.words = new Int32Array(shared, DATA_OFFSET_BYTES);
    this.bytes = new Uint8Array(shared, DATA_OFFSET_BYTES);
    this.#positions = new Int32Array(shared, 0, DATA_OFFSET_BYTES >> 2);
  }

  /** Producer → consumer: everything written below `tail` becomes visible with it. */
  publishTail(tail: number): void {
    Atomics.store(this.#positions, TAIL_WORD, tail);
  }

  observeTail(): number {
    return Atomics.load(this.#positions, TAIL_WORD);
  }

  /** Consumer → producer: everything below `head` has been read and may be overwritten. */
  publishHead(head: number): void {
    Atomics.store(this.#positions, HEAD_WORD, head);
  }

  observeHead(): number {
    return Atomics.load(this.#positions, HEAD_WORD);
  }
}
