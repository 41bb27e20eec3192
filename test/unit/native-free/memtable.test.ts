/** The memtable against a plain list: what is found, what a limit hides, and in which order it is walked. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EntryReader, writeEntry } from '../../../native-free/entry.ts';
import type { EntryCursor } from '../../../native-free/entry-cursor.ts';
import { MergeCursor } from '../../../native-free/entry-cursor.ts';
import { Memtable, MemtableCursor } from '../../../native-free/memtable.ts';
import { bytes, text } from '../../../src/testing/store-case.ts';

type Change = readonly [key: string, value: string | undefined];

function encode(changes: readonly Change[]): Uint8Array {
  const buffer = new Uint8Array(1 << 20);
  const end = changes.reduce(
    (at, [key, value]) => writeEntry(buffer, at, bytes(key), value === undefined ? value : bytes(value)),
    0,
  );
  return buffer.slice(0, end);
}

function add(memtable: Memtable, changes: readonly Change[]): void {
  const encoded = encode(changes);
  const load = memtable.load(encoded, 0, encoded.length);
  while (load.step(3) === 3);
}

function walk(cursor: EntryCursor): Change[] {
  const seen: Change[] = [];
  for (; !cursor.isDone; cursor.next()) {
    const { entry } = cursor;
    seen.push([text(entry.copyKey()), entry.isDeletion ? undefined : text(entry.copyValue())]);
  }
  return seen;
}

/** The last change of each key, sorted. */
function model(changes: readonly Change[], from = ''): Change[] {
  return [...new Map(changes)].filter(([key]) => key >= from).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

const keys = fc.string({ maxLength: 3, unit: fc.constantFrom('a', 'b', '\0', '\xff') });
const changes = fc.array(fc.tuple(keys, fc.option(fc.string({ unit: 'binary-ascii' }), { nil: undefined })), {
  maxLength: 80,
});

describe('a memtable', () => {
  test('walks and finds the last change of each key', () => {
    fc.assert(
      fc.property(changes, keys, (list, from) => {
        const memtable = new Memtable(1 << 16);
        add(memtable, list);
        memtable.publish();
        expect(walk(new MemtableCursor(memtable, memtable.limit, bytes(from)))).toEqual(model(list, from));
        const entry = new EntryReader();
        for (const [key] of [...list, [from]] as const) {
          const found = memtable.find(bytes(key), memtable.limit, entry);
          expect(found).toBe(new Map(list).has(key));
        }
      }),
    );
  });

  test('shows nothing that came after the limit of the reader', () => {
    fc.assert(
      fc.property(changes, changes, (before, after) => {
        const memtable = new Memtable(1 << 16);
        add(memtable, before);
        memtable.publish();
        const { limit } = memtable;
        const cursor = new MemtableCursor(memtable, limit, bytes(''));
        add(memtable, after);
        expect(walk(cursor)).toEqual(model(before));
        expect(walk(new MemtableCursor(memtable, memtable.limit, bytes('')))).toEqual(model(before));
        memtable.publish();
        expect(walk(new MemtableCursor(memtable, limit, bytes('')))).toEqual(model(before));
        expect(walk(new MemtableCursor(memtable, memtable.limit, bytes('')))).toEqual(model([...before, ...after]));
      }),
    );
  });

  test('keeps large batches where they are and copies small ones together', () => {
    const memtable = new Memtable(1 << 16);
    add(memtable, [['small', 'x']]);
    const chunkBytes = memtable.memoryBytes;
    for (let count = 0; count < 10; count++) add(memtable, [[`small-${count}`, 'x']]);
    expect(memtable.memoryBytes - chunkBytes).toBeLessThan(10 * 80);
    const large = 'y'.repeat(50_000);
    add(memtable, [['large', large]]);
    memtable.publish();
    expect(memtable.memoryBytes).toBeGreaterThan(58_000);
    const entry = new EntryReader();
    expect(memtable.find(bytes('large'), memtable.limit, entry)).toBe(true);
    expect(text(entry.copyValue())).toBe(large);
  });
});

describe('several cursors as one', () => {
  test('show the newest entry of each key', () => {
    fc.assert(
      fc.property(fc.array(changes, { maxLength: 5 }), (generations) => {
        const cursors = generations.toReversed().map((list) => {
          const memtable = new Memtable(1 << 16);
          add(memtable, list);
          memtable.publish();
          return new MemtableCursor(memtable, memtable.limit, bytes(''));
        });
        expect(walk(new MergeCursor(cursors))).toEqual(model(generations.flat()));
      }),
    );
  });
});
