/**
 * Our ring under the ring benchmarks: frames of 32 bytes behind the engine's own producer and consumer, every check on.
 */
import { RingConsumer } from '../../src/ring/ring-consumer.ts';
import { allocateRing, RingMemory } from '../../src/ring/ring-memory.ts';
import { RING_FULL, RingProducer } from '../../src/ring/ring-producer.ts';
import { BATCH_COUNT, CAPACITY_BYTES, lookAgain, RECORD_WORDS, type RingCarrier } from './ring-carrier.ts';

// Constants of this file, because the compiler folds those, and imported ones it does not.
const BODY_BYTES = RECORD_WORDS * 4;
const BATCH = BATCH_COUNT;
const FULL = RING_FULL;

export const millraceRing: RingCarrier = {
  allocate: () => allocateRing(CAPACITY_BYTES),
  openProducer(shared) {
    const producer = new RingProducer(new RingMemory(shared));
    return (count) => produce(producer, count);
  },
  openConsumer(shared) {
    const consumer = new RingConsumer(new RingMemory(shared));
    const sum = new FrameSum(consumer.memory.words);
    return (count) => consume(consumer, sum, count);
  },
};

function produce(producer: RingProducer, count: number): void {
  const { words } = producer;
  for (let number = 0; number < count; number++) {
    let offset = producer.claim(BODY_BYTES);
    for (let looks = 0; offset === FULL; looks = lookAgain(looks)) {
      producer.publish();
      offset = producer.claim(BODY_BYTES);
    }
    const at = offset >> 2;
    words[at] = number;
    words[at + 1] = number + 1;
    words[at + 2] = number + 2;
    words[at + 3] = number + 3;
    words[at + 4] = number + 4;
    words[at + 5] = number + 5;
    words[at + 6] = number + 6;
    words[at + 7] = number + 7;
    if (number % BATCH === BATCH - 1) producer.publish();
  }
  producer.publish();
}

class FrameSum {
  value = 0;
  readonly #words: Int32Array;

  constructor(words: Int32Array) {
    this.#words = words;
  }

  onFrame(offsetBytes: number): void {
    const words = this.#words;
    const at = offsetBytes >> 2;
    const low = words[at] + words[at + 1] + words[at + 2] + words[at + 3];
    const high = words[at + 4] + words[at + 5] + words[at + 6] + words[at + 7];
    this.value = (this.value + low + high) | 0;
  }
}

function consume(consumer: RingConsumer, sum: FrameSum, count: number): number {
  sum.value = 0;
  let looks = 0;
  for (let received = 0; received < count; ) {
    const drainedCount = consumer.drain(sum, BATCH);
    received += drainedCount;
    looks = drainedCount === 0 ? lookAgain(looks) : 0;
  }
  return sum.value;
}
