/**
 * The writing side of a race: sends all records, by fragments where they are too long, publishes at random moments, and
 * now and then claims frames, fills them with rubbish and takes them back.
 */
import { Prng } from '../../src/base/prng.ts';
import { FRAME_FIRST, FRAME_LAST } from '../../src/ring/ring-layout.ts';
import { RING_FULL, type RingProducer } from '../../src/ring/ring-producer.ts';
import { addToChecksum, byteOf, fragmentBytesMax, type RaceOptions, RecordLengths, wordOf } from './race-records.ts';
import type { RaceWaiter } from './race-waiter.ts';

export class RaceProducer {
  readonly #producer: RingProducer;
  readonly #waiter: RaceWaiter;
  readonly #options: RaceOptions;
  readonly #lengths: RecordLengths;
  readonly #whims: Prng;
  #untilPublish = 1;
  checksum = 0;
  bytes = 0;
  frameCount = 0;
  fullCount = 0;
  rollbackCount = 0;

  constructor(producer: RingProducer, waiter: RaceWaiter, options: RaceOptions) {
    this.#producer = producer;
    this.#waiter = waiter;
    this.#options = options;
    this.#lengths = new RecordLengths(options);
    this.#whims = new Prng(options.seed + 1);
  }

  run(): void {
    for (let record = 0; record < this.#options.recordCount; record++) {
      this.#send(record, this.#lengths.next());
      if (this.#whims.below(32) === 0) this.#takeBack();
    }
    this.#publish();
  }

  #send(record: number, recordBytes: number): void {
    const bytesMax = fragmentBytesMax(this.#producer.bodyBytesMax);
    let from = 0;
    do {
      const bytes = Math.min(recordBytes - from, bytesMax);
      const flags = (from === 0 ? FRAME_FIRST : 0) | (from + bytes === recordBytes ? FRAME_LAST : 0);
      this.#fill(this.#claim(bytes, flags), bytes, record, from);
      from += bytes;
      if (--this.#untilPublish === 0) this.#publish();
    } while (from < recordBytes);
    this.bytes += recordBytes;
  }

  #claim(bytes: number, flags: number): number {
    let offset = this.#producer.claim(bytes, flags);
    if (offset === RING_FULL) this.fullCount++;
    while (offset === RING_FULL) {
      this.#publish();
      const head = this.#producer.memory.observeHead();
      if ((offset = this.#producer.claim(bytes, flags)) !== RING_FULL) break;
      this.#waiter.rest(() => this.#producer.memory.observeHead() !== head);
      offset = this.#producer.claim(bytes, flags);
    }
    this.frameCount++;
    return offset;
  }

  #fill(offset: number, bytes: number, record: number, from: number): void {
    const wholeWords = bytes >> 2;
    const { words } = this.#producer;
    let { checksum } = this;
    for (let index = 0; index < wholeWords; index++) {
      const word = wordOf(record, (from >> 2) + index);
      words[(offset >> 2) + index] = word;
      checksum = addToChecksum(checksum, word);
    }
    for (let at = wholeWords << 2; at < bytes; at++) this.#producer.bytes[offset + at] = byteOf(record, from + at);
    this.checksum = addToChecksum(checksum, bytes);
  }

  #publish(): void {
    if (this.#producer.publish()) this.#waiter.wakeOther();
    this.#untilPublish = 1 + this.#whims.below(this.#options.batchMax);
  }

  /** What an invocation does that fails after it has sent something. */
  #takeBack(): void {
    const { position, words } = this.#producer;
    for (let count = this.#whims.below(4); count >= 0; count--) {
      const bytes = this.#whims.below(this.#producer.bodyBytesMax + 1);
      const offset = this.#producer.claim(bytes);
      if (offset === RING_FULL) break;
      words.fill(-1, offset >> 2, (offset + bytes) >> 2);
    }
    this.#producer.rollback(position);
    this.rollbackCount++;
  }
}
