/**
 * The two levels above the data pages: index pages, which are read when they are needed and cached like data, and the
 * one root of a table, which stays in memory. So the memory that a table needs for itself is a few bytes for every
 * 256 KiB of it, and nothing but the root is read before the first key is looked up.
 */
import { compareRanges } from './byte-order.ts';
import { copyOfRange } from './entry.ts';
import { readU32, writeU32 } from './little-endian.ts';
import { sealPage } from './page.ts';
import { CRC_BYTES, INDEX_SLOT_BYTES, INDEX_TAIL_BYTES, ROOT_SLOT_BYTES, ROOT_TAIL_BYTES } from './table-layout.ts';

/** The last of `count` ranges that begins at or before the key, or -1. Range ends are found in the slots. */
function lastNotAfter(
  bytes: Uint8Array,
  keysAt: number,
  slotsAt: number,
  slotBytes: number,
  count: number,
  key: Uint8Array,
): number {
  let low = 0;
  for (let high = count; low < high; ) {
    const middle = (low + high) >> 1;
    const from = middle === 0 ? keysAt : readU32(bytes, slotsAt + (middle - 1) * slotBytes);
    const to = readU32(bytes, slotsAt + middle * slotBytes);
    if (compareRanges(bytes, from, to, key, 0, key.length) <= 0) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function concatKeys(target: Uint8Array, at: number, keys: readonly Uint8Array[]): number {
  let end = at;
  for (const key of keys) {
    target.set(key, end);
    end += key.length;
  }
  return end;
}

function byteLengthOf(keys: readonly Uint8Array[]): number {
  return keys.reduce((sum, key) => sum + key.length, 0);
}

/** Index page of one group: the filter of its keys; the first key and the end of each of its data pages. */
export function buildIndexPage(
  filter: Uint8Array,
  firstKeys: readonly Uint8Array[],
  pageEnds: readonly number[],
  table: number,
  offsetBytes: number,
): Uint8Array {
  const slotsAt = filter.length + byteLengthOf(firstKeys);
  const tailAt = slotsAt + firstKeys.length * INDEX_SLOT_BYTES;
  const page = new Uint8Array(tailAt + INDEX_TAIL_BYTES + CRC_BYTES);
  page.set(filter);
  concatKeys(page, filter.length, firstKeys);
  let keyEnd = filter.length;
  for (let index = 0, slot = slotsAt; index < firstKeys.length; index++, slot += INDEX_SLOT_BYTES) {
    keyEnd += firstKeys[index].length;
    writeU32(page, slot, keyEnd);
    writeU32(page, slot + 4, pageEnds[index]);
  }
  writeU32(page, tailAt, filter.length);
  writeU32(page, tailAt + 4, firstKeys.length);
  sealPage(page, table, offsetBytes);
  return page;
}

export function indexFilterBytes(page: Uint8Array): number {
  return readU32(page, page.length - CRC_BYTES - INDEX_TAIL_BYTES);
}

/** How many data pages the group has. */
export function indexCount(page: Uint8Array): number {
  return readU32(page, page.length - CRC_BYTES - INDEX_TAIL_BYTES + 4);
}

/** The data page that holds the key, if any does: the last one that begins at or before it, or -1. */
export function pageNumberOf(page: Uint8Array, key: Uint8Array): number {
  const count = indexCount(page);
  const slotsAt = page.length - CRC_BYTES - INDEX_TAIL_BYTES - count * INDEX_SLOT_BYTES;
  return lastNotAfter(page, indexFilterBytes(page), slotsAt, INDEX_SLOT_BYTES, count, key);
}

/** Where a data page ends, and so where the next one begins, from the start of the group. */
export function pageEnd(page: Uint8Array, number: number): number {
  if (number < 0) return 0;
  const slotsAt = page.length - CRC_BYTES - INDEX_TAIL_BYTES - indexCount(page) * INDEX_SLOT_BYTES;
  return readU32(page, slotsAt + number * INDEX_SLOT_BYTES + 4);
}

/** A group of a table that is being written. */
export interface GroupInfo {
  readonly firstKey: Uint8Array;
  /** Behind its index page, from the start of the file. */
  readonly endOffsetBytes: number;
  readonly indexBytes: number;
}

export function buildRootPage(groups: readonly GroupInfo[], table: number, offsetBytes: number): Uint8Array {
  const keys = groups.map(({ firstKey }) => firstKey);
  const slotsAt = byteLengthOf(keys);
  const tailAt = slotsAt + groups.length * ROOT_SLOT_BYTES;
  const page = new Uint8Array(tailAt + ROOT_TAIL_BYTES + CRC_BYTES);
  concatKeys(page, 0, keys);
  let keyEnd = 0;
  for (let index = 0, slot = slotsAt; index < groups.length; index++, slot += ROOT_SLOT_BYTES) {
    const { firstKey, endOffsetBytes, indexBytes } = groups[index];
    keyEnd += firstKey.length;
    writeU32(page, slot, keyEnd);
    writeU32(page, slot + 4, endOffsetBytes % 0x1_0000_0000);
    writeU32(page, slot + 8, Math.floor(endOffsetBytes / 0x1_0000_0000));
    writeU32(page, slot + 12, indexBytes);
  }
  writeU32(page, tailAt, groups.length);
  sealPage(page, table, offsetBytes);
  return page;
}

/** The root of a table, in memory. */
export class RootIndex {
  readonly count: number;
  readonly #bytes: Uint8Array;
  readonly #slotsAt: number;

  constructor(page: Uint8Array) {
    this.#bytes = copyOfRange(page, 0, page.length);
    const tailAt = page.length - CRC_BYTES - ROOT_TAIL_BYTES;
    this.count = readU32(page, tailAt);
    this.#slotsAt = tailAt - this.count * ROOT_SLOT_BYTES;
  }

  get memoryBytes(): number {
    return this.#bytes.length;
  }

  /** The group that holds the key, if any does, or -1. */
  groupOf(key: Uint8Array): number {
    return lastNotAfter(this.#bytes, 0, this.#slotsAt, ROOT_SLOT_BYTES, this.count, key);
  }

  groupStart(group: number): number {
    if (group === 0) return 0;
    const slot = this.#slotsAt + (group - 1) * ROOT_SLOT_BYTES;
    return readU32(this.#bytes, slot + 4) + readU32(this.#bytes, slot + 8) * 0x1_0000_0000;
  }

  indexBytes(group: number): number {
    return readU32(this.#bytes, this.#slotsAt + group * ROOT_SLOT_BYTES + 12);
  }

  indexOffset(group: number): number {
    return this.groupStart(group + 1) - this.indexBytes(group);
  }
}
