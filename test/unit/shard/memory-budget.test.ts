/**
 * The bound on what a shard has in memory: who is clean leaves; when too much is not in the store yet, it is folded, and the
 * shard is full until enough of it has left.
 */
import { expect, test } from 'vitest';
import { DirtyEntities } from '../../../src/shard/durable/dirty-entities.ts';
import { MemoryBudget } from '../../../src/shard/memory-budget.ts';
import { Rows } from '../../../src/shard/rows/rows.ts';
import { EntityTable } from '../../../src/state/entity-table.ts';
import { newEntity } from './durable-stage.ts';

const RECORD_BYTES = 50;

function newBudget(countMax: number) {
  const dirty = new DirtyEntities();
  dirty.epoch = 1;
  const entities = new EntityTable();
  const seen = { foldsWanted: 0, evicted: 0 };
  const hooks = {
    recordBytes: () => RECORD_BYTES,
    foldWanted: () => void seen.foldsWanted++,
    evicted: () => void seen.evicted++,
  };
  const rows = new Rows(dirty);
  const bytesEach = 1e9 / new MemoryBudget(entities, rows, 1e9, hooks).countMax;
  const budget = new MemoryBudget(entities, rows, Math.ceil(countMax * bytesEach), hooks);
  let nextId = 0;
  /** Entities that were written in this epoch. */
  const write = (count: number): void => {
    for (let index = 0; index < count; index++) {
      const entity = newEntity(`entity-${nextId++}`);
      entities.add(entity);
      dirty.touch(entity);
    }
  };
  const work = (turnCount: number): void => {
    for (let turn = 0; turn < turnCount; turn++) budget.work();
  };
  return { budget, entities, dirty, seen, write, work };
}

test('who is in the store leaves, down to what may be in memory, and no further', () => {
  const { budget, entities, dirty, write, work } = newBudget(1_000);
  write(1_200);
  dirty.cut(() => {});
  dirty.appliedEpoch = 1;
  // Nobody is recent any more.
  dirty.epoch = 10;
  work(100);
  expect(entities.size).toBeLessThanOrEqual(1_000);
  expect(entities.size).toBeGreaterThan(400);
  expect(budget.isFull).toBe(false);
});

test('a shard with much more than may be in memory is full until enough has been folded', () => {
  const { budget, entities, dirty, seen, write, work } = newBudget(1_000);
  write(1_200);
  work(1);
  expect(budget.isFull).toBe(false);
  expect(seen.foldsWanted).toBe(0);
  write(300);
  work(1);
  expect(budget.isFull).toBe(true);
  expect(seen.foldsWanted).toBe(1);
  work(1_000);
  expect(entities.size).toBe(1_500);
  expect(budget.isFull).toBe(true);
  dirty.cut(() => {});
  dirty.appliedEpoch = 1;
  // All of them were used in this epoch or the last, which does not keep them when there is nobody else.
  work(10);
  expect(entities.size).toBeLessThanOrEqual(1_000);
  expect(seen.evicted).toBeGreaterThan(0);
  work(1);
  expect(budget.isFull).toBe(false);
});
