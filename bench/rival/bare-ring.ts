/**
 * The best bare loop over shared memory that we can write: records of exactly 32 bytes, no frames, no lengths, no checks,
 * no padding; otherwise as our ring does it, with a head that the producer remembers and positions that are published
 * once a batch, far apart from each other. It can do nothing else; it shows what the ring's generality costs.
 *
 * ```
 *  word 0: head   word 32: tail   word 64: records, 8 words each       head, tail: records ever read, ever written
 * ```
 */
import { BATCH_COUNT, CAPACITY_BYTES, lookAgain, RECORD_WORDS, type RingCarrier } from '../micro/ring-carrier.ts';

// Constants of this file, because the compiler folds those, and imported ones it does not.
const WORDS = RECORD_WORDS;
const BATCH = BATCH_COUNT;
const HEAD = 0;
const TAIL = 32;
const DATA_WORD = 64;
const RECORD_COUNT = CAPACITY_BYTES / (WORDS * 4);
const MASK = RECORD_COUNT - 1;

export const bareRing: RingCarrier = {
  allocate: () => new SharedArrayBuffer(DATA_WORD * 4 + CAPACITY_BYTES),
  openProducer(shared) {
    const words = new Int32Array(shared);
    let tail = 0;
    return (count) => {
      tail = produce(words, tail, count);
    };
  },
  openConsumer(shared) {
    const words = new Int32Array(shared);
    let head = 0;
    return (count) => {
      const sum = consume(words, head, count);
      head = (head + count) | 0;
      return sum;
    };
  },
};

/** Returns the new tail. */
function produce(words: Int32Array, firstTail: number, count: number): number {
  let tail = firstTail;
  let head = Atomics.load(words, HEAD);
  for (let number = 0; number < count; number++) {
    if (((tail - head) | 0) === RECORD_COUNT) {
      Atomics.store(words, TAIL, tail);
      head = Atomics.load(words, HEAD);
      for (let looks = 0; ((tail - head) | 0) === RECORD_COUNT; looks = lookAgain(looks))
        head = Atomics.load(words, HEAD);
    }
    const at = DATA_WORD + (tail & MASK) * WORDS;
    words[at] = number;
    words[at + 1] = number + 1;
    words[at + 2] = number + 2;
    words[at + 3] = number + 3;
    words[at + 4] = number + 4;
    words[at + 5] = number + 5;
    words[at + 6] = number + 6;
    words[at + 7] = number + 7;
    tail = (tail + 1) | 0;
    if (number % BATCH === BATCH - 1) Atomics.store(words, TAIL, tail);
  }
  Atomics.store(words, TAIL, tail);
  return tail;
}

function consume(words: Int32Array, firstHead: number, count: number): number {
  let head = firstHead;
  let sum = 0;
  let looks = 0;
  for (let received = 0; received < count; ) {
    const tail = Atomics.load(words, TAIL);
    const batchCount = Math.min((tail - head) | 0, BATCH);
    for (let index = 0; index < batchCount; index++) {
      const at = DATA_WORD + ((head + index) & MASK) * WORDS;
      const low = words[at] + words[at + 1] + words[at + 2] + words[at + 3];
      const high = words[at + 4] + words[at + 5] + words[at + 6] + words[at + 7];
      sum = (sum + low + high) | 0;
    }
    looks = batchCount === 0 ? lookAgain(looks) : 0;
    if (batchCount === 0) continue;
    head = (head + batchCount) | 0;
    received += batchCount;
    Atomics.store(words, HEAD, head);
  }
  return sum;
}
