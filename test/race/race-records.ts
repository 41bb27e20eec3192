/**
 * What goes through the ring in a race: records of random length, every one of which both threads can work out for
 * themselves. Record n has a length drawn from the seed, and each of its words is a function of n and of its place.
 */
import { Prng } from '../../src/base/prng.ts';

export interface RaceOptions {
  readonly recordCount: number;
  readonly capacityBytes: number;
  /** Records have 0 to this many bytes; those longer than a frame may be go in fragments. */
  readonly recordBytesMax: number;
  /** Frames between two publications: 1 to this many. */
  readonly batchMax: number;
  readonly drainMax: number;
  readonly seed: number;
  /** What a thread does that finds the ring full or empty. */
  readonly idle: 'spin' | 'park';
  /** Where head and tail begin. */
  readonly start: number;
}

export const RACE_DEFAULTS: RaceOptions = {
  recordCount: 1_000_000,
  capacityBytes: 65_536,
  recordBytesMax: 60,
  batchMax: 32,
  drainMax: 64,
  seed: 1,
  idle: 'park',
  start: 0x7fff_0000,
};

export class RecordLengths {
  readonly #prng: Prng;
  readonly #bytesMax: number;

  constructor({ seed, recordBytesMax }: RaceOptions) {
    this.#prng = new Prng(seed);
    this.#bytesMax = recordBytesMax;
  }

  next(): number {
    return this.#prng.below(this.#bytesMax + 1);
  }
}

/** The word at `index` of a record. Neighbours in a record and in the stream all differ. */
export function wordOf(record: number, index: number): number {
  return Math.imul(record, 0x9e3779b1) + Math.imul(index + 1, 0x85ebca6b);
}

/** What stands in the last bytes of a record that does not end with a word. */
export function byteOf(record: number, at: number): number {
  return (record + at) & 0xff;
}

/** The length of the longest fragment: whole words, so that each begins at a word of its record. */
export function fragmentBytesMax(bodyBytesMax: number): number {
  return bodyBytesMax & ~3;
}

/** One step of the checksum that both threads form of all they wrote or read. */
export function addToChecksum(checksum: number, value: number): number {
  return Math.imul(checksum ^ value, 0x01000193);
}
