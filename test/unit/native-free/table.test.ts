/** Tables: what was written is found and walked, every damage is noticed, and the cache stays within its limit. */
import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { buildFilter, filterHas } from '../../../native-free/bloom-filter.ts';
import { EntryReader, writeEntry } from '../../../native-free/entry.ts';
import { hashRange } from '../../../native-free/key-hash.ts';
import type { TableInfo } from '../../../native-free/manifest-layout.ts';
import { PageCache } from '../../../native-free/page-cache.ts';
import { Table } from '../../../native-free/table.ts';
import { TableCursor } from '../../../native-free/table-cursor.ts';
import { TableWriter } from '../../../native-free/table-writer.ts';
import { Prng } from '../../../src/base/prng.ts';
import { SimulatedFileSystem } from '../../../src/testing/simulated-file-system.ts';
import { bytes, text } from '../../../src/testing/store-case.ts';

const PATH = '/table';
const CACHE_BYTES = 1 << 20;

type Written = readonly (readonly [key: string, value: string | undefined])[];

async function writeTable(fileSystem: SimulatedFileSystem, entries: Written, number = 7): Promise<TableInfo> {
  const writer = new TableWriter(fileSystem, PATH, number);
  const reader = new EntryReader();
  for (const [key, value] of entries) {
    const buffer = new Uint8Array(20 + key.length + (value?.length ?? 0));
    writeEntry(buffer, 0, bytes(key), value === undefined ? value : bytes(value));
    reader.moveTo(buffer, 0);
    writer.add(reader);
  }
  const info = await writer.finish();
  writer.close();
  return info;
}

function openTable(
  fileSystem: SimulatedFileSystem,
  info: TableInfo,
  cache: PageCache = new PageCache(CACHE_BYTES),
): Table {
  return new Table(fileSystem.open(PATH, 'read'), info, cache, () => {});
}

function find(table: Table, key: string): string | undefined | null {
  const entry = new EntryReader();
  if (!table.find(bytes(key), hashRange(bytes(key), 0, key.length), entry)) return null;
  return entry.isDeletion ? undefined : text(entry.copyValue());
}

function walk(table: Table, from: string, countMax: number = Number.POSITIVE_INFINITY): string[] {
  const seen: string[] = [];
  for (const cursor = new TableCursor(table, bytes(from)); !cursor.isDone && seen.length < countMax; cursor.next()) {
    seen.push(text(cursor.entry.copyKey()));
  }
  return seen;
}

function keyOf(number: number): string {
  return `key-${String(number).padStart(7, '0')}`;
}

/** What a table on some disk looks like; a store must be able to read it for ever. */
const FROZEN_CHECKSUM = 2_539_904_425;

/** Enough for several groups; every third key is a deletion, a few values are longer than a page. */
const MANY: Written = Array.from({ length: 30_000 }, (_, number) => {
  const length = number % 2_000 === 1_999 ? 30_000 : 10 + (number % 40);
  return [keyOf(number * 2), number % 3 === 0 ? undefined : 'v'.repeat(length)];
});

describe('a table', async () => {
  const fileSystem = new SimulatedFileSystem({ autoSync: true });
  const info = await writeTable(fileSystem, MANY);

  test('has several groups', () => {
    expect(openTable(fileSystem, info).root.count).toBeGreaterThan(3);
    expect(info.entryCount).toBe(MANY.length);
  });

  test('finds what is in it and nothing else', () => {
    const table = openTable(fileSystem, info);
    for (const [key, value] of MANY) expect(find(table, key)).toBe(value);
    for (let number = 0; number < 1_000; number++) expect(find(table, keyOf(number * 54 + 1))).toBeNull();
    expect([find(table, ''), find(table, 'zzz'), find(table, 'key-')]).toEqual([null, null, null]);
  });

  test('is walked from any key on', () => {
    const table = openTable(fileSystem, info);
    expect(walk(table, '')).toEqual(MANY.map(([key]) => key));
    for (const number of [0, 1, 2, 399, 30_001, 59_997, 59_998]) {
      expect(walk(table, keyOf(number), 3)).toEqual(
        MANY.map(([key]) => key)
          .filter((key) => key >= keyOf(number))
          .slice(0, 3),
      );
    }
    expect(walk(table, 'zzz')).toEqual([]);
  });

  test('reads nothing until it is asked, and then only what it needs', () => {
    const reads: string[] = [];
    fileSystem.fault = ({ operation }) => void reads.push(operation);
    const table = openTable(fileSystem, info);
    expect(reads).toEqual(['open']);
    find(table, keyOf(30_002));
    expect(reads).toEqual(['open', 'readAt', 'readAt', 'readAt']);
    find(table, keyOf(30_002));
    expect(reads).toHaveLength(4);
    fileSystem.fault = undefined;
  });

  test('keeps its pages within the limit of the cache', () => {
    const cache = new PageCache(CACHE_BYTES / 8);
    const table = openTable(fileSystem, info, cache);
    for (const [key, value] of MANY.filter((_, number) => number % 17 === 0)) {
      expect(find(table, key)).toBe(value);
      expect(cache.memoryBytes).toBeLessThanOrEqual(CACHE_BYTES / 8);
    }
    table.release();
    expect(cache.memoryBytes).toBe(0);
  });

  test('notices a changed byte wherever it is', () => {
    const prng = new Prng(11);
    const original = fileSystem.readFile(PATH);
    for (let round = 0; round < 60; round++) {
      const changed = Uint8Array.from(original);
      changed[prng.below(changed.length)] ^= 1 << prng.below(8);
      const damaged = new SimulatedFileSystem();
      damaged.writeFile(PATH, changed);
      expect(() => walk(openTable(damaged, info), '')).toThrow(
        expect.objectContaining({ code: 'DATA_DAMAGED', details: { file: PATH, offset: expect.any(Number) } }),
      );
    }
  });

  test('does not pass for another one with the same entries', () => {
    expect(() => walk(openTable(fileSystem, { ...info, number: 8 }), '')).toThrow(/checksum/);
    expect(() => openTable(fileSystem, { ...info, byteLength: info.byteLength + 1 })).toThrow(/bytes/);
  });

  test('is not closed while somebody reads from it', () => {
    let isClosed = false;
    const table = new Table(fileSystem.open(PATH, 'read'), info, new PageCache(0), () => (isClosed = true));
    table.retain();
    table.release();
    expect(find(table, keyOf(2))).toBe('v'.repeat(11));
    expect(isClosed).toBe(false);
    table.release();
    expect(isClosed).toBe(true);
    expect(() => table.retain()).toThrow(/closed/);
  });
});

describe('a filter', () => {
  test('has every key, and about one in a hundred others', () => {
    const hash = (number: number): number => hashRange(bytes(keyOf(number)), 0, 11);
    const filter = buildFilter(Array.from({ length: 5_000 }, (_, number) => hash(number)));
    const hits = (from: number): number =>
      Array.from({ length: 5_000 }, (_, number) => filterHas(filter, filter.length, hash(from + number))).filter(
        Boolean,
      ).length;
    expect(hits(0)).toBe(5_000);
    expect(hits(1_000_000)).toBeLessThan(100);
    expect(filterHas(buildFilter([]), 8, 1)).toBe(false);
  });
});

test('the bytes of a table and its filters stay as they are, or its format gets a new version', async () => {
  const fileSystem = new SimulatedFileSystem({ autoSync: true });
  await writeTable(fileSystem, MANY.slice(0, 500));
  expect(crc32(fileSystem.readFile(PATH))).toBe(FROZEN_CHECKSUM);
});
