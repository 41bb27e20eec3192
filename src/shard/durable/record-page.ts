/**
 * Some tens of thousands of records that a recovery has read one after the other, and an index of them by the hash of
 * their keys. A page is as large as its index fits into a core's own cache: putting a record into it waits for nothing,
 * where one index of millions would wait for memory at every record. The price is that a key is looked up in one page
 * after the other.
 *
 * ```
 *   records:  hash │ frame │ offset     in the order in which they were read
 *   slots:    hash, record + 1 │ …      open addressing; of each key the newest record of the page alone
 * ```
 */
import { hashAsciiId, hashId } from '../../keys/id-hash.ts';
import { isEntityKey, readKey, readRecord, type RecordSpan } from '../../state/record-reader.ts';
import type { Stored } from '../../state/row.ts';
import { ID_ASCII, KEY_HEAD_BYTES } from '../../store/key-layout.ts';

export const PAGE_COUNT_MAX: number = 1 << 16;
/** Of a round of folding, so much is for a record of a page: where rounds are small, as in a simulation, there are many. */
const ROUND_BYTES_PER_RECORD = 64;
/** What a record is in its page. */
const OLDER = 0;
const NEWEST = 1;
/** Slots a record; what is searched for is in few pages. */
const SLOTS_PER_RECORD = 2;

/** A frame of a changelog, which holds records. */
interface RecordFrame {
  readonly bytes: Buffer;
  readonly epoch: number;
}

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
  readonly #slots: Int32Array;
  readonly #kept: Uint8Array;
  /** One for the record that is searched for, and one for those that it is compared with. */
  readonly #span: RecordSpan = { keyStart: 0, keyEnd: 0, valueStart: 0, end: 0 };
  readonly #otherSpan: RecordSpan = { keyStart: 0, keyEnd: 0, valueStart: 0, end: 0 };
  /** The newest records of keys. */
  newestCount = 0;

  constructor({ count, hashes, frames, offsets, recordFrames, items }: PageDraft) {
    this.count = count;
    this.items = items;
    this.#hashes = hashes.slice(0, count);
    this.#frames = frames.slice(0, count);
    this.#offsets = offsets.slice(0, count);
    this.#recordFrames = recordFrames.slice();
    this.#kept = new Uint8Array(count);
    let slotCount = 2;
    while (slotCount < count * SLOTS_PER_RECORD) slotCount *= 2;
    this.#slots = new Int32Array(slotCount * 2);
    for (let index = count - 1; index >= 0; index--) this.#index(index);
  }

  /** Newest first: a key that is there already is known by a newer record. */
  #index(index: number): void {
    const slots = this.#slots;
    const hash = this.#hashes[index];
    const mask = slots.length - 1;
    for (let slot = (hash * 2) & mask; ; slot = (slot + 2) & mask) {
      const known = slots[slot + 1] - 1;
      if (known === -1) {
        slots[slot] = hash;
        slots[slot + 1] = index + 1;
        this.#kept[index] = NEWEST;
        this.newestCount++;
        return;
      }
      if (slots[slot] === hash && this.#isSameKey(known, index)) return;
    }
  }

  #isSameKey(one: number, other: number): boolean {
    const { keyStart, keyEnd } = this.span(other);
    return this.hasKey(one, this.frame(other).bytes, keyStart, keyEnd);
  }

  /** The record of a key; -1 if there is none. */
  find(hash: number, key: Uint8Array, keyStart: number, keyEnd: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = (hash * 2) & mask; ; slot = (slot + 2) & mask) {
      const index = slots[slot + 1] - 1;
      if (index === -1 || (slots[slot] === hash && this.hasKey(index, key, keyStart, keyEnd))) return index;
    }
  }

  /** Whether a record is of this key. */
  hasKey(index: number, key: Uint8Array, start: number, end: number): boolean {
    const { bytes } = this.frame(index);
    const { keyStart, keyEnd } = readRecord(bytes, this.#offsets[index], this.#span);
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

  /** Where the parts of a record lie in its frame. Shares what it returns. */
  span(index: number): RecordSpan {
    return readRecord(this.frame(index).bytes, this.#offsets[index], this.#otherSpan);
  }

  /** Whether it is the newest of its key, as far as is known. */
  isNewest(index: number): boolean {
    return this.#kept[index] === NEWEST;
  }

  /** A later page has the key. */
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
