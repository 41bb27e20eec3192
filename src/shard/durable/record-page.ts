/**
 * Some tens of thousands of records that a recovery has read one after the other, and an index of them by the hash of
 * their keys. A page is as large as its index fits into a core's own cache: putting a record into it waits for nothing,
 * where one index of millions would wait for memory at every record. The price is that a key is looked up in one page
 * after the other.
 *
 * ```
 *   pieces:   first record │ frame             one for each frame
 *   hashes:   hash │ …                         by record, in the order in which they were read
 *   starts:   place in its frame │ …           by record
 *   nexts:    record + 1 │ …                   the record before in the same chain
 *   heads:    record + 1 │ …                   by the hash's low bits: the newest record, whose `next` is the one before
 * ```
 *
 * Nothing is compared while a page is made, so a start does not look at any key twice. A chain has the newest record of
 * a key before its older ones, of which few are of the same delta.
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
/** Records of one frame: the page's from `first` to before `end`. */
interface Piece {
  readonly first: number;
  readonly end: number;
  readonly frame: RecordFrame;
}

/** Room for what is read, used for one page after the other. */
export class PageDraft {
  readonly hashes: Int32Array = new Int32Array(PAGE_COUNT_MAX);
  readonly starts: Int32Array = new Int32Array(PAGE_COUNT_MAX);
  pieces: Piece[] = [];
  items: Map<number, Stored> = new Map();
  /** Of those that count no more; absent as long as there are none. */
  forgotten: Uint8Array | undefined;
  forgottenCount = 0;
  count = 0;
  /** The frame whose records are added one by one, and its first one in this page. */
  #frame: RecordFrame | undefined;
  #first = 0;

  /** The records that are added one by one from now on are of this frame. */
  begin(frame: RecordFrame): void {
    this.#endPiece();
    this.#frame = frame;
  }

  add(hash: number, start: number): number {
    const index = this.count++;
    this.hashes[index] = hash;
    this.starts[index] = start;
    return index;
  }

  /** Many of one frame. */
  addMany(frame: RecordFrame, hashes: Int32Array, starts: Int32Array): void {
    this.#endPiece();
    this.#frame = undefined;
    this.pieces.push({ first: this.count, end: this.count + hashes.length, frame });
    this.hashes.set(hashes, this.count);
    this.starts.set(starts, this.count);
    this.count += hashes.length;
    this.#first = this.count;
  }

  forget(index: number): void {
    this.items.delete(index);
    this.forgotten ??= new Uint8Array(PAGE_COUNT_MAX);
    this.forgotten[index] = 1;
    this.forgottenCount++;
  }

  #endPiece(): void {
    if (this.#frame !== undefined && this.count > this.#first) {
      this.pieces.push({ first: this.#first, end: this.count, frame: this.#frame });
    }
    this.#first = this.count;
  }

  /** The page of what was added; the draft is empty then, but for the frame that is being read. */
  finish(): RecordPage {
    this.#endPiece();
    const page = new RecordPage(this);
    this.pieces = [];
    this.items = new Map();
    this.forgotten = undefined;
    this.forgottenCount = this.count = 0;
    this.#first = 0;
    return page;
  }
}

export class RecordPage {
  readonly count: number;
  /** What has been made of records, by their number. */
  readonly items: Map<number, Stored>;
  readonly #pieces: readonly Piece[];
  readonly #hashes: Int32Array;
  readonly #starts: Int32Array;
  readonly #heads: Uint16Array;
  readonly #nexts: Uint16Array;
  /** Of each record, whether there is a newer one of its key; absent as long as none is known. */
  #overtaken: Uint8Array | undefined;
  /** The piece that was looked at last, since records are mostly visited one after the other. */
  #pieceNumber = 0;
  readonly #span: RecordSpan = { keyStart: 0, keyEnd: 0, valueStart: 0, end: 0 };
  /** Records that are the newest of their keys, as far as is known. */
  newestCount: number;

  constructor({ count, hashes, starts, pieces, items, forgotten, forgottenCount }: PageDraft) {
    this.count = count;
    this.newestCount = count - forgottenCount;
    this.#overtaken = forgotten?.slice(0, count);
    this.items = items;
    this.#pieces = pieces;
    this.#hashes = hashes.slice(0, count);
    this.#starts = starts.slice(0, count);
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
    return this.#pieceOf(index).frame;
  }

  hash(index: number): number {
    return this.#hashes[index];
  }

  /** Where the parts of a record lie in the bytes that are returned. */
  locate(index: number, span: RecordSpan): Buffer {
    const { end, frame } = this.#pieceOf(index);
    // Where a page ends within a frame, it is not known where its last record does.
    const endBytes = index + 1 < end ? this.#starts[index + 1] : frame.byteLength;
    return frame.locate(this.#starts[index], endBytes, span);
  }

  /** The last one that begins at this record or before. */
  #pieceOf(index: number): Piece {
    const pieces = this.#pieces;
    const last = pieces[this.#pieceNumber];
    if (index >= last.first && index < last.end) return last;
    let low = 0;
    for (let high = pieces.length; high - low > 1; ) {
      const middle = (low + high) >>> 1;
      if (pieces[middle].first <= index) low = middle;
      else high = middle;
    }
    this.#pieceNumber = low;
    return pieces[low];
  }

  /** Whether it is the newest of its key, as far as is known. */
  isNewest(index: number): boolean {
    return this.#overtaken === undefined || this.#overtaken[index] === 0;
  }

  /** It counts no more, and nothing is kept of what was made of it. */
  forget(index: number): void {
    this.items.delete(index);
    this.overtake(index);
  }

  /** There is a newer record of the key. */
  overtake(index: number): void {
    this.#overtaken ??= new Uint8Array(this.count);
    this.#overtaken[index] = 1;
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
