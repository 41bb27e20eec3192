/**
 * Some tens of thousands of records that a recovery has read one after the other, and an index of them by the hash of
 * their keys. A page is as large as its index fits into a core's own cache: putting a record into it waits for nothing,
 * where one index of millions would wait for memory at every record. The price is that a key is looked up in one page
 * after the other.
 *
 * ```
 *   records:  hash │ frame │ offset │ next     in the order in which they were read
 *   heads:    record + 1 │ …                   by the hash's low bits: the newest record, whose `next` is the one before
 * ```
 *
 * Nothing is compared while a page is made, so a start does not look at any key twice. A chain has the newest record of
 * a key before its older ones, and no key has more of them than there are deltas.
 */
import { hashAsciiId, hashId } from '../../keys/id-hash.ts';
import { isEntityKey, readKey, type RecordSpan } from '../../state/record-reader.ts';
import type { Stored } from '../../state/row.ts';
import { ID_ASCII, KEY_HEAD_BYTES } from '../../store/key-layout.ts';
import type { RecordFrame } from './record-frame.ts';

/** A record's number and one fit into 16 bits. */
export const PAGE_COUNT_MAX: number = (1 << 16) - 1;
/** Of a round of folding, so much is for a record of a page: where rounds are small, as in a simulation, there are many. */
const ROUND_BYTES_PER_RECORD = 64;
/** What a record is in its page. */
const OLDER = 0;
const NEWEST = 1;

/** Room for what is read, used for one page after the other. */
export class PageDraft {
  readonly hashes: Int32Array = new Int32Array(PAGE_COUNT_MAX);
  readonly frames: Int32Array = new Int32Array(PAGE_COUNT_MAX);
  readonly offsets: Int32Array = new Int32Array(PAGE_COUNT_MAX);
  readonly recordFrames: RecordFrame[] = [];
  items: Map<number, Stored> = new Map();
  count = 0;

  add(hash: number, offset: number): number {
    const index = this.count++;
    this.hashes[index] = hash;
    this.frames[index] = this.recordFrames.length - 1;
    this.offsets[index] = offset;
    return index;
  }

  /** The same of many of the last frame. */
  addMany(hashes: Int32Array, offsets: Int32Array): void {
    const { count } = this;
    this.count += hashes.length;
    this.hashes.set(hashes, count);
    this.frames.fill(this.recordFrames.length - 1, count, this.count);
    this.offsets.set(offsets, count);
  }

  /** The page of what was added; the draft is empty then, but for the frame that is being read. */
  finish(): RecordPage {
    const page = new RecordPage(this);
    const last = this.recordFrames.at(-1);
    this.recordFrames.length = 0;
    if (last !== undefined) this.recordFrames.push(last);
    this.items = new Map();
    this.count = 0;
    return page;
  }
}

export class RecordPage {
  readonly count: number;
  /** What has been made of records, by their number. */
  readonly items: Map<number, Stored>;
  readonly #hashes: Int32Array;
  readonly #frames: Int32Array;
  readonly #offsets: Int32Array;
  readonly #recordFrames: readonly RecordFrame[];
  readonly #heads: Uint16Array;
  readonly #nexts: Uint16Array;
  readonly #kept: Uint8Array;
  readonly #span: RecordSpan = { keyStart: 0, keyEnd: 0, valueStart: 0, end: 0 };
  /** Records that are the newest of their keys, as far as is known. */
  newestCount: number;

  constructor({ count, hashes, frames, offsets, recordFrames, items }: PageDraft) {
    this.count = count;
    this.newestCount = count;
    this.items = items;
    this.#hashes = hashes.slice(0, count);
    this.#frames = frames.slice(0, count);
    this.#offsets = offsets.slice(0, count);
    this.#recordFrames = recordFrames.slice();
    this.#kept = new Uint8Array(count).fill(NEWEST);
    let headCount = 1;
    while (headCount < count) headCount *= 2;
    this.#heads = new Uint16Array(headCount);
    this.#nexts = new Uint16Array(count);
    this.#chain(this.#hashes, this.#heads, this.#nexts);
  }

  /** Oldest first, each before the ones that are there. */
  #chain(hashes: Int32Array, heads: Uint16Array, nexts: Uint16Array): void {
    const mask = heads.length - 1;
    for (let index = 0; index < hashes.length; index++) {
      const head = hashes[index] & mask;
      nexts[index] = heads[head];
      heads[head] = index + 1;
    }
  }

  /** The newest record of a key; -1 if there is none. */
  find(hash: number, key: Uint8Array, keyStart: number, keyEnd: number): number {
    const heads = this.#heads;
    let index = heads[hash & (heads.length - 1)] - 1;
    while (index !== -1 && !(this.#hashes[index] === hash && this.hasKey(index, key, keyStart, keyEnd))) {
      index = this.#nexts[index] - 1;
    }
    return index;
  }

  /** Whether a record is of this key. */
  hasKey(index: number, key: Uint8Array, start: number, end: number): boolean {
    const bytes = this.locate(index, this.#span);
    const { keyStart, keyEnd } = this.#span;
    if (keyEnd - keyStart !== end - start) return false;
    for (let at = 0; at < end - start; at++) if (bytes[keyStart + at] !== key[start + at]) return false;
    return true;
  }

  frame(index: number): RecordFrame {
    return this.#recordFrames[this.#frames[index]];
  }

  hash(index: number): number {
    return this.#hashes[index];
  }

  /** Where the parts of a record lie in the bytes that are returned. */
  locate(index: number, span: RecordSpan): Buffer {
    const frame = this.frame(index);
    const next = index + 1;
    // Where a page ends within a frame, it is not known where its last record does.
    const isFollowed = next < this.count && this.#frames[next] === this.#frames[index];
    return frame.locate(this.#offsets[index], isFollowed ? this.#offsets[next] : frame.byteLength, span);
  }

  /** Whether it is the newest of its key, as far as is known. */
  isNewest(index: number): boolean {
    return this.#kept[index] === NEWEST;
  }

  /** There is a newer record of the key. */
  overtake(index: number): void {
    this.#kept[index] = OLDER;
    this.newestCount--;
  }
}

/** How many records a page holds. */
export function pageCountMax(foldBytes: number): number {
  return Math.min(PAGE_COUNT_MAX, Math.ceil(foldBytes / ROUND_BYTES_PER_RECORD));
}

/** Of an entity that of its id, which every message to it carries; of a row that of the whole key. */
export function hashOfKey(bytes: Buffer, keyStart: number, keyEnd: number): number {
  if (!isEntityKey(bytes, keyStart)) return hashAsciiId(bytes, keyStart, keyEnd);
  const formAt = keyStart + KEY_HEAD_BYTES + ((bytes[keyStart + 3] << 8) | bytes[keyStart + 4]);
  if (bytes[formAt] === ID_ASCII) return hashAsciiId(bytes, formAt + 1, keyEnd);
  return hashId(readKey(bytes, keyStart, keyEnd).id);
}
