/**
 * ringbuf.js, the ring that one finds on npm. It carries elements of a typed array and knows no records; since its
 * capacity and every push are multiples of one record, a push takes a whole record or nothing. Used in two ways: record
 * by record, and with many records staged in an array and pushed at once.
 */
import { RingBuffer } from 'ringbuf.js';
import { BATCH_COUNT, CAPACITY_BYTES, lookAgain, RECORD_WORDS, type RingCarrier } from '../micro/ring-carrier.ts';

/**
 * A record's array is longer than the record: an array of just its length would make the library call
 * `TypedArray.set`, which for so few elements is slower than its loop.
 */
const RECORD_ARRAY_WORDS = RECORD_WORDS * 2;
/** A constant of this file, because the compiler folds those, and imported ones it does not. */
const WORDS = RECORD_WORDS;

export const ringbufRing: RingCarrier = carrier(1);
export const ringbufRingBatched: RingCarrier = carrier(BATCH_COUNT);

function carrier(pushCount: number): RingCarrier {
  return {
    allocate: () => RingBuffer.getStorageForCapacity(CAPACITY_BYTES / 4, Int32Array),
    openProducer(shared) {
      const ring = new RingBuffer(shared, Int32Array);
      const staged = new Int32Array(Math.max(pushCount * RECORD_WORDS, RECORD_ARRAY_WORDS));
      return (count) => produce(ring, staged, pushCount, count);
    },
    openConsumer(shared) {
      const ring = new RingBuffer(shared, Int32Array);
      const popped = new Int32Array(Math.max(pushCount * RECORD_WORDS, RECORD_ARRAY_WORDS));
      return (count) => consume(ring, popped, pushCount, count);
    },
  };
}

function produce(ring: RingBuffer, staged: Int32Array, pushCount: number, count: number): void {
  for (let first = 0; first < count; first += pushCount) {
    const stagedCount = Math.min(pushCount, count - first);
    for (let index = 0; index < stagedCount; index++) stage(staged, index * WORDS, first + index);
    const length = stagedCount * WORDS;
    let pushed = ring.push(staged, length, 0);
    for (let looks = 0; pushed < length; looks = lookAgain(looks)) pushed += ring.push(staged, length - pushed, pushed);
  }
}

function stage(words: Int32Array, at: number, number: number): void {
  words[at] = number;
  words[at + 1] = number + 1;
  words[at + 2] = number + 2;
  words[at + 3] = number + 3;
  words[at + 4] = number + 4;
  words[at + 5] = number + 5;
  words[at + 6] = number + 6;
  words[at + 7] = number + 7;
}

function consume(ring: RingBuffer, popped: Int32Array, popCount: number, count: number): number {
  let sum = 0;
  let looks = 0;
  for (let received = 0; received < count; ) {
    const length = ring.pop(popped, Math.min(popCount, count - received) * WORDS);
    for (let at = 0; at < length; at += WORDS) {
      const low = popped[at] + popped[at + 1] + popped[at + 2] + popped[at + 3];
      const high = popped[at + 4] + popped[at + 5] + popped[at + 6] + popped[at + 7];
      sum = (sum + low + high) | 0;
    }
    looks = length === 0 ? lookAgain(looks) : 0;
    received += length / WORDS;
  }
  return sum;
}
