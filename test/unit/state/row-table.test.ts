/**
 * Rows in memory by key and in order: like a map, through growth and removals that close gaps.
 */
import assert from 'node:assert/strict';
import { expect, test } from 'vitest';
import { Prng } from '../../../src/base/prng.ts';
import { afterPrefix, groupPrefix, Row } from '../../../src/state/row.ts';
import { RowPairs } from '../../../src/state/row-pairs.ts';
import { RowTable } from '../../../src/state/row-table.ts';
import { SECTION_TIMER, SECTION_TIMER_OF } from '../../../src/store/key-layout.ts';

const STEPS = 20_000;

/** What the keys of rows that may come in pairs begin with, of three key groups. */
const FIRST = [7, 8, 1_023].map((keyGroup) => groupPrefix(SECTION_TIMER, keyGroup));
const SECOND = [7, 8, 1_023].map((keyGroup) => groupPrefix(SECTION_TIMER_OF, keyGroup));

function newTable(): { table: RowTable; pairs: RowPairs } {
  const pairs = new RowPairs();
  return { pairs, table: new RowTable(pairs, (pair) => pairs.part(pair)) };
}

function sorted(model: ReadonlyMap<string, unknown>): [string, unknown][] {
  return [...model].sort(([one], [other]) => (one < other ? -1 : 1));
}

test('it is a sorted map', () => {
  const prng = new Prng(7);
  const { table, pairs } = newTable();
  const model = new Map<string, unknown>();
  const contents = (rows: Iterable<Row>): [string, unknown][] => [...rows].map(({ key, value }) => [key, value]);
  const remove = (key: string): void => {
    table.remove(table.get(key) as Row);
    model.delete(key);
  };
  for (let step = 0; step < STEPS; step++) {
    // First it grows, then it shrinks.
    const isGrowing = step < STEPS / 2;
    const which = prng.below(3);
    const name = `key ${String(prng.below(1_000)).padStart(4, '0')}`;
    const [first, second] = [FIRST[which] + name, `${SECOND[which]}of ${name}`];
    // Not each time, so that many rows lie there as pairs.
    if (prng.chance(0.1)) assert.equal(table.get(first)?.value, model.get(first));
    if (prng.chance(0.1)) assert.equal(table.get(second)?.value, model.get(second));
    if (prng.chance(0.01)) {
      const [from, before] = [FIRST[which], SECOND[which]];
      const known = sorted(model).filter(([key]) => key >= from && key < before);
      assert.deepEqual(contents(table.range(from, before)), known);
    }
    if (!model.has(first) && !model.has(second) && prng.chance(isGrowing ? 0.8 : 0.2)) {
      if (prng.chance(0.7)) {
        const pair = pairs.add(Buffer.from(first, 'latin1'), Buffer.from(`${second}..`, 'latin1'), second.length, step);
        pairs.letGo(pair);
        // Somebody may take it before it becomes rows.
        if (prng.chance(0.3)) pairs.leave(pair);
        else model.set(first, step).set(second, true);
      } else {
        table.add(new Row(first, step, false));
        model.set(first, step);
      }
    } else if (model.has(first) && prng.chance(isGrowing ? 0.2 : 0.8)) {
      const row = table.get(first) as Row;
      remove(first);
      if (prng.chance(0.3)) {
        // The same row comes again.
        table.add(row);
        model.set(first, row.value);
      }
    } else if (model.has(second) && prng.chance(isGrowing ? 0.2 : 0.8)) {
      remove(second);
    }
    assert.equal(table.size, model.size);
  }
  expect(contents(table.values())).toEqual(sorted(model));
  expect([table.size, model.size > 100, pairs.waitingCount]).toEqual([model.size, true, 0]);
  for (const [key, value] of model) expect(table.get(key)?.value).toBe(value);
});

test('a range can be limited', () => {
  const { table } = newTable();
  for (const key of ['b', 'a', 'ab', 'aa']) table.add(new Row(key, key, false));
  const keysOf = (rows: readonly Row[]): string[] => rows.map(({ key }) => key);
  expect(keysOf(table.range('a', afterPrefix('a')))).toEqual(['a', 'aa', 'ab']);
  expect(keysOf(table.first('aa', 'c', 2))).toEqual(['aa', 'ab']);
  expect(keysOf(table.range('b', 'b'))).toEqual([]);
});

test('only the row itself is removed, not another one of its key', () => {
  const { table } = newTable();
  const row = new Row('a', 1, false);
  table.remove(row);
  table.add(row);
  table.remove(new Row('a', 1, false));
  expect([table.size, table.get('a')]).toEqual([1, row]);
  table.remove(row);
  expect([table.size, table.get('a')]).toEqual([0, undefined]);
});
