/**
 * Rows in memory by key and in order: like a map, through growth and removals that close gaps.
 */
import { expect, test } from 'vitest';
import { Prng } from '../../../src/base/prng.ts';
import { afterPrefix, groupPrefix, Row } from '../../../src/state/row.ts';
import { RowPair } from '../../../src/state/row-pair.ts';
import { RowTable } from '../../../src/state/row-table.ts';
import { SECTION_TIMER } from '../../../src/store/key-layout.ts';

const STEPS = 20_000;

/** What the keys of rows that may come late begin with. */
const LATE = groupPrefix(SECTION_TIMER, 7);

/** For tables without pairs. */
function none(): never {
  return expect.unreachable('there is no pair');
}

test('it is a sorted map', () => {
  const prng = new Prng(7);
  const rowsOf = new Map<RowPair, Row>();
  const table = new RowTable((pair) => [rowsOf.get(pair) as Row]);
  const model = new Map<string, Row>();
  for (let step = 0; step < STEPS; step++) {
    // First it grows, then it shrinks.
    const key = `${LATE}key ${prng.below(3_000)}`;
    const known = model.get(key);
    // Not each time, so that many rows lie there as pairs.
    expect(prng.chance(0.1) ? table.get(key) : known).toBe(known);
    if (known === undefined && prng.chance(step < STEPS / 2 ? 0.8 : 0.2)) {
      const row = new Row(key, step, false);
      if (prng.chance(0.7)) {
        const pair = new RowPair();
        rowsOf.set(pair, row);
        table.addLate(pair);
        // Somebody may take it before it becomes a row.
        if (prng.chance(0.3)) {
          table.removeLate(pair);
          continue;
        }
      } else {
        table.add(row);
      }
      model.set(key, row);
    } else if (known !== undefined && prng.chance(step < STEPS / 2 ? 0.2 : 0.8)) {
      // As a pair it can only be taken before anybody asks for a row.
      if (!known.isKept) table.get(key);
      table.remove(known);
      model.delete(key);
      if (prng.chance(0.3)) {
        // The same row comes again.
        table.add(known);
        model.set(key, known);
      }
    }
  }
  const sorted = [...model.values()].sort((one, other) => (one.key < other.key ? -1 : 1));
  expect([...table.values()]).toEqual(sorted);
  expect([table.size, sorted.length > 100]).toEqual([model.size, true]);
  for (let number = 0; number < 3_000; number++)
    expect(table.get(`${LATE}key ${number}`)).toBe(model.get(`${LATE}key ${number}`));
});

test('a range can be limited', () => {
  const table = new RowTable(none);
  for (const key of ['b', 'a', 'ab', 'aa']) table.add(new Row(key, key, false));
  const keysOf = (rows: readonly Row[]): string[] => rows.map(({ key }) => key);
  expect(keysOf(table.range('a', afterPrefix('a')))).toEqual(['a', 'aa', 'ab']);
  expect(keysOf(table.first('aa', 'c', 2))).toEqual(['aa', 'ab']);
  expect(keysOf(table.range('b', 'b'))).toEqual([]);
});

test('only the row itself is removed, not another one of its key', () => {
  const table = new RowTable(none);
  const row = new Row('a', 1, false);
  table.remove(row);
  table.add(row);
  table.remove(new Row('a', 1, false));
  expect([table.size, table.get('a')]).toEqual([1, row]);
  table.remove(row);
  expect([table.size, table.get('a')]).toEqual([0, undefined]);
});
