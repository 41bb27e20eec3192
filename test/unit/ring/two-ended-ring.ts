/** Both ends of a ring on one thread, each over a view of its own, with frames as plain arrays of bytes. */
import { RingConsumer } from '../../../src/ring/ring-consumer.ts';
import { RingMemory } from '../../../src/ring/ring-memory.ts';
import { RING_FULL, RingProducer } from '../../../src/ring/ring-producer.ts';
import { ReceivedFrames } from './received-frames.ts';
import { ringThatStartsAt } from './recording-memory.ts';

export class TwoEndedRing {
  readonly memory: RingMemory;
  readonly producer: RingProducer;
  readonly consumer: RingConsumer;

  constructor(capacityBytes: number, start = 0) {
    const shared = ringThatStartsAt(capacityBytes, start);
    this.memory = new RingMemory(shared);
    this.producer = new RingProducer(this.memory);
    this.consumer = new RingConsumer(new RingMemory(shared));
  }

  /** Claims and fills a frame; false when the ring is full. */
  send(body: readonly number[], flags?: number): boolean {
    const offset = this.producer.claim(body.length, flags);
    if (offset === RING_FULL) return false;
    this.producer.bytes.set(body, offset);
    return true;
  }

  /** Sends one-byte frames until the ring is full; returns how many. */
  fill(): number {
    for (let count = 0; count <= this.memory.capacityBytes; count++) if (!this.send([1])) return count;
    throw new Error('the ring is never full');
  }

  receive(frameCountMax = 1000): ReceivedFrames {
    const received = new ReceivedFrames(this.consumer.memory);
    this.consumer.drain(received, frameCountMax);
    return received;
  }
}
