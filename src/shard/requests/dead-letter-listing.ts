/**
 * One page of a shard's dead letters, of all or of some keys, as a request. What the store has of a letter goes to the coordinator as it is, so
 * that only those who want to see it decode it.
 */
import type { PortableFilter } from '../../sdk/dead-letter.ts';
import { RecordWriter } from '../../state/record-writer.ts';
import { PayloadCodec } from '../../wire/payload-codec.ts';
import type { DeadLetterRow } from '../failing/dead-letters.ts';
import type { PartRow } from '../rows/rows.ts';
import { type DeadLetterPlace, filterTest, readerOf } from './dead-letter-place.ts';
import type { LetterReader } from './letter-reader.ts';
import type { RequestWork, Slice } from './requests.ts';

/** Those that one turn looks at. */
const SLICE_COUNT = 128;
/** What a page may hold, if it holds more than one. */
const PAGE_COUNT = 1_024;
const PAGE_BYTES = 1 << 18;
/** A page with so much ends where what was read ends: the rest would be read again for the next page. */
const PAGE_BYTES_ENOUGH = PAGE_BYTES * 0.75;

export interface ListBody {
  readonly filter: PortableFilter;
  /** The key of the last one of the page before; empty for the first page. */
  readonly after: string;
  readonly countMax: number;
}

export interface ListPage {
  /** Records of rows, as `state/record-layout.ts` shows them. */
  readonly records: Uint8Array;
  readonly count: number;
  /** Where the next page goes on; null when there is none. */
  readonly after: string | null;
}

export interface ReadBody {
  readonly keys: readonly string[];
}

/** Those of these keys that there are: one page, and the last key that it has come to if there are more. */
export function readLetters({ letters }: DeadLetterPlace, { keys }: ReadBody): Slice {
  const records = new RecordWriter(new PayloadCodec(Number.MAX_SAFE_INTEGER), PAGE_BYTES);
  let count = 0;
  let read = 0;
  for (; read < keys.length && records.length < PAGE_BYTES; read++) {
    const row = letters.get(keys[read]);
    if (row === undefined) continue;
    records.writeRow(keys[read], row);
    count++;
  }
  const after = read < keys.length ? keys[read - 1] : null;
  const value: ListPage = { records: records.bytes.subarray(0, records.length), count, after };
  return { count: 0, isDone: true, value };
}

/** Gathers one page. */
export class Listing implements RequestWork {
  readonly #place: DeadLetterPlace;
  readonly #reader: LetterReader;
  readonly #isMeant: ((row: DeadLetterRow) => boolean) | undefined;
  readonly #countMax: number;
  readonly #records = new RecordWriter(new PayloadCodec(Number.MAX_SAFE_INTEGER), PAGE_BYTES);
  #count = 0;
  #last = '';
  #isFull = false;

  constructor(place: DeadLetterPlace, { filter, after, countMax }: ListBody) {
    this.#place = place;
    this.#reader = readerOf(place, after, filter, true);
    this.#isMeant = filterTest(filter);
    this.#countMax = Math.min(countMax, PAGE_COUNT);
  }

  get hasWork(): boolean {
    return !this.isWaiting;
  }

  get isWaiting(): boolean {
    return this.#reader.isWaiting;
  }

  work(): Slice | undefined {
    if (this.isWaiting) return undefined;
    this.#reader.take(SLICE_COUNT, this.#add);
    if (this.#isFull || (this.#records.length >= PAGE_BYTES_ENOUGH && this.#reader.isBetweenParts)) {
      this.#reader.close();
      return this.#page(this.#last);
    }
    return this.#reader.isDone ? this.#page(null) : { count: 0, isDone: false, value: null };
  }

  /** False if it is for the next page. */
  readonly #add = (letter: PartRow): boolean => {
    const { letters } = this.#place;
    if (this.#isMeant?.(letters.rowOf(letter)) === false) return true;
    this.#isFull = this.#count >= this.#countMax || (this.#count > 0 && this.#records.length >= PAGE_BYTES);
    if (this.#isFull) return false;
    const { key, stored, value } = letter;
    if (stored === undefined) this.#records.writeRow(key, value);
    else this.#records.writeStored(key, stored);
    this.#count++;
    this.#last = key;
    return true;
  };

  #page(after: string | null): Slice {
    const records = this.#records.bytes.subarray(0, this.#records.length);
    return { count: 0, isDone: true, value: { records, count: this.#count, after } satisfies ListPage };
  }
}
