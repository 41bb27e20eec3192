/**
 * Data pages: writing one entry after the other into a buffer, and finding entries in a page that was read. The offsets
 * at the end of a page allow a binary search without decoding what lies between.
 */
import { crc32 } from 'node:zlib';
import { compareRanges } from './byte-order.ts';
import { copyOfRange, type EntryReader } from './entry.ts';
import { readU16, writeU16, writeU32 } from './little-endian.ts';
import { CRC_BYTES, DATA_COUNT_BYTES, DATA_OFFSET_BYTES, PAGE_ENTRIES_BYTES, pageSeed } from './table-layout.ts';

/** Puts the checksum behind the body. `bytes` ends where the page ends. */
export function sealPage(bytes: Uint8Array, table: number, offsetBytes: number): void {
  const body = bytes.subarray(0, bytes.length - CRC_BYTES);
  writeU32(bytes, body.length, crc32(body, pageSeed(table, offsetBytes)));
}

export class PageWriter {
  /** Bytes of the entries so far. */
  byteLength = 0;
  count = 0;
  #bytes: Uint8Array = new Uint8Array(2 * PAGE_ENTRIES_BYTES);
  /** Every entry but the first begins below PAGE_ENTRIES_BYTES and takes two bytes or more. */
  readonly #offsets = new Uint16Array(PAGE_ENTRIES_BYTES / 2);

  hasRoomFor(byteLength: number): boolean {
    return this.count === 0 || this.byteLength + byteLength <= PAGE_ENTRIES_BYTES;
  }

  add(entry: EntryReader): void {
    const length = entry.end - entry.start;
    this.#reserve(this.byteLength + length);
    this.#bytes.set(entry.bytes.subarray(entry.start, entry.end), this.byteLength);
    this.#offsets[this.count++] = this.byteLength;
    this.byteLength += length;
  }

  /** The whole page, valid until the next entry is added. */
  finish(table: number, offsetBytes: number): Uint8Array {
    const countAt = this.byteLength + this.count * DATA_OFFSET_BYTES;
    const end = countAt + DATA_COUNT_BYTES + CRC_BYTES;
    this.#reserve(end);
    const bytes = this.#bytes;
    for (let index = 0; index < this.count; index++) {
      writeU16(bytes, this.byteLength + index * DATA_OFFSET_BYTES, this.#offsets[index]);
    }
    writeU16(bytes, countAt, this.count);
    const page = bytes.subarray(0, end);
    sealPage(page, table, offsetBytes);
    return page;
  }

  clear(): void {
    this.byteLength = 0;
    this.count = 0;
    if (this.#bytes.length > 16 * PAGE_ENTRIES_BYTES) this.#bytes = new Uint8Array(2 * PAGE_ENTRIES_BYTES);
  }

  #reserve(byteLength: number): void {
    if (byteLength <= this.#bytes.length) return;
    const grown = new Uint8Array(byteLength + PAGE_ENTRIES_BYTES);
    grown.set(copyOfRange(this.#bytes, 0, this.byteLength));
    this.#bytes = grown;
  }
}

export function entryCount(page: Uint8Array): number {
  return readU16(page, page.length - CRC_BYTES - DATA_COUNT_BYTES);
}

/** Moves to an entry of the page by its number. */
export function moveToEntry(page: Uint8Array, count: number, index: number, entry: EntryReader): void {
  const offsets = page.length - CRC_BYTES - DATA_COUNT_BYTES - count * DATA_OFFSET_BYTES;
  entry.moveTo(page, readU16(page, offsets + index * DATA_OFFSET_BYTES));
}

/** The number of the first entry whose key is not before this one, or the count. The entry is left anywhere. */
export function seekInPage(page: Uint8Array, count: number, key: Uint8Array, entry: EntryReader): number {
  let low = 0;
  for (let high = count; low < high; ) {
    const middle = (low + high) >> 1;
    moveToEntry(page, count, middle, entry);
    if (compareRanges(page, entry.keyStart, entry.keyEnd, key, 0, key.length) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Moves to the entry of this key; false if the page does not hold it. */
export function findInPage(page: Uint8Array, key: Uint8Array, entry: EntryReader): boolean {
  const count = entryCount(page);
  let low = 0;
  for (let high = count; low < high; ) {
    const middle = (low + high) >> 1;
    moveToEntry(page, count, middle, entry);
    const order = compareRanges(page, entry.keyStart, entry.keyEnd, key, 0, key.length);
    if (order === 0) return true;
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return false;
}
