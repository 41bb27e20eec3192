/**
 * A round of folding that takes several batches: a crash may come between any two of them, so none but the last may say
 * that the round's epochs are applied. Recovery skips what is.
 */
import { expect, test } from 'vitest';
import { Fold } from '../../../src/shard/fold.ts';
import { APPLIED_KEY } from '../../../src/store/key-layout.ts';
import { DIRECTORY, HeldStore, newEntity, settle, SnapshotStage } from './durable-stage.ts';

/** More than two batches. */
const ENTITY_COUNT = 9_000;

test('only the last batch of a round says that it is applied', async () => {
  const stage = new SnapshotStage();
  const { fileSystem, changelog, dirty } = stage;
  const store = new HeldStore();
  const fold = new Fold(
    { fileSystem, directory: DIRECTORY, store, changelog, dirty, baseEpoch: 0, foldBytes: 1 },
    { released: () => {}, progressed: () => {} },
  );
  fold.add(stage.epoch(Array.from({ length: ENTITY_COUNT }, (_, index) => [newEntity(`e${index}`), 'x'] as const)));
  fold.committed(1);
  const applied = Buffer.from(APPLIED_KEY).toString('latin1');
  const sizes: number[] = [];
  while (fold.hasWork) {
    store.isHeld = true;
    while (fold.hasWork) fold.work();
    store.release();
    await settle();
    const { contents } = store;
    sizes.push(contents.size);
    expect(contents.has(applied)).toBe(contents.size === ENTITY_COUNT + 1);
  }
  expect(new Set(sizes).size).toBeGreaterThan(2);
  expect(sizes.at(-1)).toBe(ENTITY_COUNT + 1);
});
