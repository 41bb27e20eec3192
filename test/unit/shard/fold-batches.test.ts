/**
 * A round of folding that takes several batches: a crash may come between any two of them, so none but the last may say
 * that the round's epochs are applied. Recovery skips what is.
 */
import { expect, test } from 'vitest';
import type { Clock } from '../../../src/base/clock.ts';
import { Fold } from '../../../src/shard/durable/fold.ts';
import type { Entity } from '../../../src/state/entity.ts';
import { APPLIED_KEY, BEGUN_KEY, keyGroupOfKey } from '../../../src/store/key-layout.ts';
import { DIRECTORY, HeldStore, newEntity, settle, SnapshotStage } from './durable-stage.ts';

/** More than two batches. */
const ENTITY_COUNT = 9_000;

test('the first batch of a round says that it has begun, and only the last one that it is applied', async () => {
  const stage = new SnapshotStage();
  const { fileSystem, changelog, dirty, pairs } = stage;
  const store = new HeldStore();
  const fold = new Fold(
    { fileSystem, directory: DIRECTORY, store, changelog, dirty, pairs, baseEpoch: 0, foldBytes: 1 },
    { released: () => {}, progressed: () => {} },
  );
  fold.add(stage.epoch(Array.from({ length: ENTITY_COUNT }, (_, index) => [newEntity(`e${index}`), 'x'] as const)));
  fold.committed(1);
  const [begun, applied] = [BEGUN_KEY, APPLIED_KEY].map((key) => Buffer.from(key).toString('latin1'));
  const sizes: number[] = [];
  while (fold.hasWork) {
    store.isHeld = true;
    while (fold.hasWork) fold.work();
    store.release();
    await settle();
    const { contents } = store;
    sizes.push(contents.size);
    expect(contents.has(begun)).toBe(contents.size > 0);
    expect(contents.has(applied)).toBe(contents.size === ENTITY_COUNT + 2);
  }
  expect(new Set(sizes).size).toBeGreaterThan(2);
  expect(sizes.at(-1)).toBe(ENTITY_COUNT + 2);
});

test('what a round puts comes key group by key group, over all of its deltas', async () => {
  const stage = new SnapshotStage();
  const { fileSystem, changelog, dirty, pairs } = stage;
  const store = new HeldStore();
  const fold = new Fold(
    { fileSystem, directory: DIRECTORY, store, changelog, dirty, pairs, baseEpoch: 0, foldBytes: 1 << 20 },
    { released: () => {}, progressed: () => {} },
  );
  for (const epoch of [1, 2, 3]) {
    fold.add(stage.epoch(Array.from({ length: 50 }, (_, index) => [newEntity(`e${epoch}-${index}`), 'x'] as const)));
  }
  fold.committed(3);
  fold.force();
  while (fold.hasWork || fold.isWriting) {
    fold.work();
    await settle();
  }
  const own = new Set([BEGUN_KEY, APPLIED_KEY].map((key) => Buffer.from(key).toString('latin1')));
  const keys = [...store.contents.keys()].filter((key) => !own.has(key));
  const keyGroups = keys.map((key) => keyGroupOfKey(Buffer.from(key, 'latin1')));
  expect(keyGroups).toHaveLength(150);
  expect(keyGroups).toEqual(keyGroups.toSorted((a, b) => a - b));
});

test('many small deltas are many steps, and those that later ones have overtaken are not read', async () => {
  const stage = new SnapshotStage();
  const { fileSystem, changelog, dirty, pairs } = stage;
  const store = new HeldStore();
  const fold = new Fold(
    { fileSystem, directory: DIRECTORY, store, changelog, dirty, pairs, baseEpoch: 0, foldBytes: 1 },
    { released: () => {}, progressed: () => {} },
  );
  const entities = Array.from({ length: 100 }, (_, index) => newEntity(`e${index}`));
  const epochCount = 1_000;
  for (let epoch = 1; epoch <= epochCount; epoch++) {
    fold.add(stage.epoch(entities.map((entity) => [entity, `of ${epoch}`] as const)));
  }
  fold.committed(epochCount);
  let openCount = 0;
  const open = fileSystem.open.bind(fileSystem);
  fileSystem.open = (...call) => {
    openCount++;
    return open(...call);
  };
  let stepCount = 0;
  for (; fold.hasWork; stepCount++) {
    fold.work();
    await settle();
  }
  expect(store.contents.size).toBe(entities.length + 2);
  expect(openCount).toBe(1);
  // 100,000 records that others have replaced, and 100 puts, in steps of about 0.2 to 1.5 ms.
  expect(stepCount).toBeGreaterThan(5);
});

test('a round that takes its time rests between its steps, unless somebody hurries it', async () => {
  const stage = new SnapshotStage();
  const { fileSystem, changelog, dirty, pairs } = stage;
  const store = new HeldStore();
  let nowMs = 0;
  /** What the clock says first. */
  const next: number[] = [];
  const clock = { elapsedMs: () => next.shift() ?? nowMs } as Clock;
  const place = { fileSystem, directory: DIRECTORY, store, changelog, dirty, pairs, baseEpoch: 0 };
  const fold = new Fold(
    { ...place, foldBytes: 1 << 16, pace: { clock, share: 0.25 } },
    { released: () => {}, progressed: () => {} },
  );
  const values = Array.from({ length: 2_000 }, (_, index) => [newEntity(`e${index}`), 'x'.repeat(40)] as const);
  fold.add(stage.epoch(values));
  fold.committed(1);
  expect([fold.hasWork, fold.restMs]).toEqual([true, Number.POSITIVE_INFINITY]);
  // The step takes from 0 to 1; with a quarter of the time it rests until 4.
  next.push(0, 1);
  nowMs = 1;
  fold.work();
  expect([fold.hasWork, fold.restMs, fold.work()]).toEqual([false, 3, 0]);
  nowMs = 3.75;
  expect(fold.restMs).toBe(0.25);
  nowMs = 4;
  expect(fold.hasWork).toBe(true);
  // Half of what makes it hurry as much as it can has come in behind it: it takes a quarter of what is left of the time.
  fold.add(stage.epoch(behind(1 << 16)));
  fold.committed(2);
  next.push(4, 4, 5);
  nowMs = 5;
  expect(fold.work()).toBeGreaterThan(0);
  expect(fold.restMs).toBeCloseTo(1 / (0.25 + 0.75 / 4) - 1, 1);
  fold.force();
  expect([fold.hasWork, fold.restMs]).toEqual([true, Number.POSITIVE_INFINITY]);
  while (fold.hasWork || fold.isWriting) {
    fold.work();
    await settle();
  }
  expect([store.contents.size, nowMs]).toEqual([2_002 + BEHIND_COUNT, 5]);
});

const BEHIND_COUNT = 64;

/** Entities whose records are so many bytes, about. */
function behind(byteLength: number): [Entity, string][] {
  const text = 'x'.repeat(byteLength / BEHIND_COUNT - 30);
  return Array.from({ length: BEHIND_COUNT }, (_, index) => [newEntity(`later${index}`), text]);
}
