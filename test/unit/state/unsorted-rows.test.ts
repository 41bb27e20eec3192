/**
 * Rows that wait to be sorted: whoever wants a range gets what may lie there, and mostly nothing else; never what is gone.
 */
import { expect, test } from 'vitest';
import { afterPrefix, groupPrefix, PLACE_HASHED, PLACE_NONE, Row } from '../../../src/state/row.ts';
import { UnsortedRows } from '../../../src/state/unsorted-rows.ts';
import { SECTION_TABLE, SECTION_TIMER, SECTION_TIMER_OF } from '../../../src/store/key-layout.ts';

function rowOf(rows: UnsortedRows, key: string): Row {
  const row = new Row(key, 1, false);
  row.place = PLACE_HASHED;
  rows.add(row);
  return row;
}

function taken(rows: UnsortedRows, from: string, before: string): string[] {
  const keys: string[] = [];
  rows.take(from, before, ({ key }) => keys.push(key));
  return keys;
}

test('a range of one section takes out what is of that section and key group, once', () => {
  const rows = new UnsortedRows();
  const timers = groupPrefix(SECTION_TIMER, 700);
  const keys = [timers, `${timers}b`, `${timers}a`];
  for (const key of keys) rowOf(rows, key);
  for (const prefix of [groupPrefix(SECTION_TABLE, 700), groupPrefix(SECTION_TIMER_OF, 700)]) rowOf(rows, `${prefix}x`);
  rowOf(rows, `${groupPrefix(SECTION_TIMER, 701)}x`);
  expect(taken(rows, `${timers}a`, afterPrefix(timers)).toSorted()).toEqual(keys.toSorted());
  expect([rows.size, taken(rows, timers, afterPrefix(timers))]).toEqual([3, []]);
  expect(taken(rows, `${groupPrefix(SECTION_TABLE, 700)}a`, `${groupPrefix(SECTION_TIMER_OF, 700)}y`)).toHaveLength(2);
  expect(taken(rows, '', '\xff')).toHaveLength(1);
  expect(rows.size).toBe(0);
});

test('keys that are no rows of a key group come with every range', () => {
  const rows = new UnsortedRows();
  for (const key of ['a', 'ab', '\xff\xffx', groupPrefix(SECTION_TIMER, 3)]) rowOf(rows, key);
  expect(taken(rows, 'a', 'b')).toHaveLength(4);
});

test('what is gone is shown to nobody, and does not stay', () => {
  const rows = new UnsortedRows();
  const prefix = groupPrefix(SECTION_TABLE, 1);
  const kept: string[] = [];
  for (let count = 0; count < 1_000; count++) {
    const row = rowOf(rows, `${prefix}${count}`);
    if (count % 100 === 0) {
      kept.push(row.key);
    } else {
      row.place = PLACE_NONE;
      rows.remove(row);
    }
  }
  expect([rows.size, taken(rows, prefix, afterPrefix(prefix))]).toEqual([10, kept]);
});
