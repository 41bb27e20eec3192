/**
 * The reading side of a race: works out what each record must be, and compares length, flags, every word and every
 * byte. The first difference ends the race.
 */
import type { FrameHandler, RingConsumer } from '../../src/ring/ring-consumer.ts';
import { FRAME_FIRST, FRAME_LAST, FRAME_WHOLE } from '../../src/ring/ring-layout.ts';
import { addToChecksum, byteOf, fragmentBytesMax, type RaceOptions, RecordLengths, wordOf } from './race-records.ts';
import type { RaceWaiter } from './race-waiter.ts';

export class RaceConsumer implements FrameHandler {
  readonly #consumer: RingConsumer;
  readonly #waiter: RaceWaiter;
  readonly #options: RaceOptions;
  readonly #lengths: RecordLengths;
  readonly #fragmentBytesMax: number;
  #record = 0;
  #recordBytes: number;
  /** How much of the current record has come. */
  #from = 0;
  checksum = 0;
  frameCount = 0;
  emptyCount = 0;

  constructor(consumer: RingConsumer, waiter: RaceWaiter, options: RaceOptions, bodyBytesMax: number) {
    this.#consumer = consumer;
    this.#waiter = waiter;
    this.#options = options;
    this.#lengths = new RecordLengths(options);
    this.#recordBytes = this.#lengths.next();
    this.#fragmentBytesMax = fragmentBytesMax(bodyBytesMax);
  }

  run(): void {
    const { recordCount, drainMax } = this.#options;
    while (this.#record < recordCount) {
      if (this.#consumer.drain(this, drainMax) > 0) {
        this.#waiter.worked();
        this.#waiter.wakeOther();
      } else {
        this.emptyCount++;
        this.#waiter.rest(() => this.#consumer.hasFrames);
      }
    }
    if (this.#consumer.hasFrames) this.#fail('more frames than were sent', 1, 0);
  }

  onFrame(offsetBytes: number, bodyBytes: number, header: number): void {
    const bytes = Math.min(this.#recordBytes - this.#from, this.#fragmentBytesMax);
    const isLast = this.#from + bytes === this.#recordBytes;
    const flags = (this.#from === 0 ? FRAME_FIRST : 0) | (isLast ? FRAME_LAST : 0);
    if (bodyBytes !== bytes) this.#fail('length', bodyBytes, bytes);
    if ((header & FRAME_WHOLE) !== flags) this.#fail('flags', header, flags);
    this.#compare(offsetBytes, bytes);
    this.frameCount++;
    this.#from += bytes;
    if (isLast) this.#goOn();
  }

  #goOn(): void {
    this.#record++;
    this.#from = 0;
    this.#recordBytes = this.#lengths.next();
  }

  #compare(offset: number, bytes: number): void {
    const { words, bytes: ringBytes } = this.#consumer.memory;
    const wholeWords = bytes >> 2;
    let { checksum } = this;
    for (let index = 0; index < wholeWords; index++) {
      const word = words[(offset >> 2) + index];
      const expected = wordOf(this.#record, (this.#from >> 2) + index) | 0;
      if (word !== expected) this.#fail(`word ${index}`, word, expected);
      checksum = addToChecksum(checksum, word);
    }
    for (let at = wholeWords << 2; at < bytes; at++) {
      const expected = byteOf(this.#record, this.#from + at);
      if (ringBytes[offset + at] !== expected) this.#fail(`byte ${at}`, ringBytes[offset + at], expected);
    }
    this.checksum = addToChecksum(checksum, bytes);
  }

  #fail(what: string, got: number, expected: number): never {
    throw new Error(`record ${this.#record}, from byte ${this.#from}: ${what} is ${got} and should be ${expected}`);
  }
}
