/**
 * Rows in the cases that have names: erasures within erasures, before and after other writes of their epoch, while they
 * are cut and folded; and a store that cannot be read. `rows-model.test.ts` looks for the others.
 */
import { expect, test } from 'vitest';
import { RowWrites } from '../../../src/shard/rows/row-writes.ts';
import { DirtyEntities } from '../../../src/shard/durable/dirty-entities.ts';
import { MemoryBudget } from '../../../src/shard/memory-budget.ts';
import { Rows } from '../../../src/shard/rows/rows.ts';
import { EntityTable } from '../../../src/state/entity-table.ts';
import type { Pair } from '../../../src/state/pair-layout.ts';
import { Erasures } from '../../../src/state/erasures.ts';
import { Erasure } from '../../../src/state/row.ts';
import { BASE, collect, END, RowStage } from './row-stage.ts';

/** Rows in the store and nowhere else. */
async function stored(...keys: readonly string[]): Promise<RowStage> {
  const on = new RowStage();
  for (const key of keys) on.set(key, `stored ${key}`);
  on.checkpoint();
  await on.foldAll();
  expect(on.rows.size).toBe(0);
  return on;
}

test('a row is in memory until it is folded, and then in the store alone', async () => {
  const on = await stored('a', 'b');
  expect([on.storedCount, on.get('a'), on.get('c')]).toEqual([2, 'stored a', undefined]);
  on.set('a', undefined);
  expect([on.get('a'), await on.all()]).toEqual([undefined, [['b', 'stored b']]]);
  on.checkpoint();
  await on.foldAll();
  expect([on.rows.size, on.storedCount]).toEqual([0, 1]);
});

test('an erasure is one record, whatever it removes', async () => {
  const on = await stored('a1', 'a2', 'a3', 'b');
  on.set('a4', 'in memory, of an earlier epoch');
  on.checkpoint();
  const before = on.rows.dirty.count;
  on.erase('a');
  expect([on.rows.dirty.count - before, on.rows.size]).toEqual([1, 0]);
  expect(await on.all()).toEqual([['b', 'stored b']]);
  on.checkpoint();
  await on.foldAll();
  expect(on.storedCount).toBe(1);
});

test('what an epoch writes after it has erased stays, through cut, crash and fold', async () => {
  const on = await stored('a1', 'a2');
  on.set('a3', 'before');
  on.erase('a');
  on.set('a1', 'after');
  const expected = [['a1', 'after']];
  expect(await on.all()).toEqual(expected);
  on.checkpoint();
  on.crash();
  expect(await on.all()).toEqual(expected);
  await on.foldAll();
  expect([await on.all(), on.storedCount]).toEqual([expected, 1]);
});

test('erasures within erasures, inside first and outside first', async () => {
  for (const prefixes of [
    ['ab', 'a'],
    ['a', 'ab'],
  ]) {
    const on = await stored('ab1', 'ac1', 'b');
    for (const prefix of prefixes) {
      on.set('ab2', prefix);
      on.checkpoint();
      on.erase(prefix);
      on.checkpoint();
    }
    on.crash();
    const expected = [['b', 'stored b']];
    expect(await on.all()).toEqual(expected);
    await on.foldAll();
    expect([await on.all(), on.storedCount]).toEqual([expected, 1]);
  }
});

test('a cut that has not come to a row encodes it as it was, though it is written again by then', () => {
  const on = new RowStage();
  on.set('a', 'at the cut');
  on.cut();
  on.set('a', 'after the cut');
  on.finishCut();
  on.commit();
  on.crash();
  expect(on.get('a')).toBe('at the cut');
});

test('a cut that has not come to a row encodes it as it was, though it is erased by then', async () => {
  const on = new RowStage();
  on.set('a', 'at the cut');
  on.cut();
  on.erase('a');
  on.set('a', 'after the cut');
  on.finishCut();
  on.commit();
  on.crash();
  expect(await on.all()).toEqual([['a', 'at the cut']]);
});

test('a crash in the middle of a round costs nothing', async () => {
  for (let steps = 0; steps < 12; steps++) {
    const on = await stored('a1', 'b');
    on.set('a2', 2);
    on.checkpoint();
    on.erase('a');
    on.set('a3', 3);
    on.checkpoint();
    on.fold.force();
    for (let step = 0; step < steps; step++) await on.foldStep();
    on.crash();
    const expected = [
      ['a3', 3],
      ['b', 'stored b'],
    ];
    expect(await on.all()).toEqual(expected);
    await on.foldAll();
    expect([await on.all(), on.storedCount]).toEqual([expected, 2]);
  }
});

test('a row that came and went between two rounds never reaches the store', async () => {
  const on = new RowStage();
  on.rows.set(`${BASE}a`, 1, true);
  on.checkpoint();
  on.set('a', undefined);
  on.checkpoint();
  let deletions = 0;
  const { batch } = on.store;
  on.store.batch = () => {
    const made = batch.call(on.store);
    return { ...made, delete: (key: Uint8Array) => (deletions++, made.delete(key)) };
  };
  await on.foldAll();
  expect([deletions, on.storedCount]).toEqual([0, 0]);
});

test('nothing is written for the removal of what is not there', async () => {
  const on = await stored('a');
  on.erase('');
  const { count } = on.rows.dirty;
  on.set('a', undefined);
  on.erase('a');
  expect([on.rows.dirty.count - count, on.rows.size]).toEqual([0, 0]);
});

test('a walk takes what is in memory bit by bit, a scan sees the time of its call', async () => {
  const on = new RowStage();
  const keys = Array.from({ length: 1_000 }, (_, index) => String(index).padStart(4, '0'));
  for (const key of keys) on.set(key, Number(key));
  const writes = new RowWrites(on.rows);
  writes.set(`${BASE}0300`, undefined);
  writes.set(`${BASE}0300x`, 'new');
  const walked = await collect(writes.scan(BASE, END));
  expect(walked.slice(299, 302)).toEqual([
    ['0299', 299],
    ['0300x', 'new'],
    ['0301', 301],
  ]);
  expect(walked.length).toBe(1_000);
  const scan = on.rows.scan(BASE, END);
  on.set('0000', 'changed');
  on.erase('0');
  expect(await collect(scan)).toEqual(keys.map((key) => [key, Number(key)]));
});

test('a store that cannot be read fails whoever asks, and all that comes after', () => {
  const on = new RowStage();
  on.store.getSync = () => {
    throw new Error('no disk');
  };
  expect(() => on.rows.check()).not.toThrow();
  const writes = new RowWrites(on.rows);
  expect(() => writes.get(`${BASE}a`)).toThrow('no disk');
  // User code may have caught it.
  expect(() => writes.apply()).toThrow('no disk');
  expect(() => writes.discard()).toThrow('no disk');
  expect(() => on.rows.check()).toThrow('no disk');
});

test('the same for a range', async () => {
  const on = new RowStage();
  on.store.scan = () => ({
    [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('no disk')) }),
  });
  await expect(collect(on.rows.scan(BASE, END))).rejects.toThrow('no disk');
  expect(() => on.rows.check()).toThrow('no disk');
});

test('rows that take too much memory are folded', () => {
  const dirty = new DirtyEntities();
  dirty.epoch = 1;
  const rows = new Rows(dirty);
  let wanted = 0;
  const hooks = { recordBytes: () => 100, foldWanted: () => void wanted++, evicted: () => {} };
  // Room for ten.
  const budget = new MemoryBudget(new EntityTable(), rows, 8_000, hooks);
  for (let index = 0; index < 5; index++) rows.set(`${BASE}${index}`, index);
  budget.work();
  expect(wanted).toBe(0);
  rows.set(`${BASE}5`, 5);
  budget.work();
  expect(wanted).toBe(1);
});

test('without a store an erasure leaves nothing', async () => {
  const rows = new Rows(new DirtyEntities());
  for (const key of ['a1', 'a2', 'b']) rows.set(BASE + key, key);
  rows.erase(`${BASE}a`);
  rows.set(`${BASE}b`, undefined);
  expect([rows.size, await collect(rows.scan(BASE, END))]).toEqual([0, []]);
});

test('a set of erasures knows what it covers', () => {
  const erasures = new Erasures();
  const [inner, outer] = [new Erasure('abc'), new Erasure('ab')];
  erasures.add(inner);
  expect(['ab', 'abc', 'abcd', 'abd', 'b'].map((key) => erasures.covers(key))).toEqual([
    false,
    true,
    true,
    false,
    false,
  ]);
  erasures.add(outer);
  erasures.remove(inner);
  expect([erasures.covers('abd'), erasures.size]).toEqual([true, 1]);
  erasures.add(new Erasure('b'));
  expect([erasures.between('abx', 'b'), erasures.between('a', 'c'), erasures.between('ac', 'b')]).toEqual([
    ['ab'],
    ['ab', 'b'],
    [],
  ]);
});

/** Two rows that nobody has asked for. */
function pairIn(rows: Rows): Pair {
  const second = Buffer.from(`${BASE}late too`, 'latin1');
  return rows.pairs.add(Buffer.from(`${BASE}not too`, 'latin1'), second, second.length, 1);
}

test('what is added and taken nobody keeps: not in memory, nor, if it was in one epoch, in a checkpoint', () => {
  const inMemory = new Rows(new DirtyEntities());
  inMemory.pairs.take(pairIn(inMemory));
  expect([inMemory.size, inMemory.dirty.count]).toEqual([0, 0]);
  const dirty = new DirtyEntities();
  dirty.epoch = 1;
  const rows = new Rows(dirty);
  rows.pairs.take(pairIn(rows));
  const [item] = dirty.cut(() => {});
  expect([rows.size, dirty.pinnedCount, rows.pairs.isInCut(item as Pair)]).toEqual([0, 0, false]);
});

test('a pair that only the store has can be taken, and its removal gets there', async () => {
  const on = new RowStage();
  const pair = pairIn(on.rows);
  on.checkpoint();
  await on.foldAll();
  expect([on.rows.size, on.storedCount]).toEqual([0, 2]);
  on.rows.pairs.take(pair);
  expect(on.rows.size).toBe(2);
  on.checkpoint();
  await on.foldAll();
  expect([on.rows.size, on.storedCount]).toEqual([0, 0]);
});
