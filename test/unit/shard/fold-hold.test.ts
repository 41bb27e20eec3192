/**
 * A fold that is held at an epoch: the store comes to exactly that epoch, whatever is committed meanwhile, the delta of
 * that epoch stays readable, and after the release folding goes on as ever.
 */
import { expect, test } from 'vitest';
import { ChunkList, numberChunks, referenceChunks } from '../../../src/shard/durable/chunk-list.ts';
import { DirtyEntities, type Item } from '../../../src/shard/durable/dirty-entities.ts';
import { Fold } from '../../../src/shard/durable/fold.ts';
import { Rows } from '../../../src/shard/rows/rows.ts';
import { ChangelogWriter } from '../../../src/store/changelog-writer.ts';
import { APPLIED_KEY } from '../../../src/store/key-layout.ts';
import type { StateStore } from '../../../src/store/state-store.ts';
import { SimulatedFileSystem } from '../../../src/testing/simulated-file-system.ts';

const DIRECTORY = '/data/shard-0';

/** What a delta without records lists. */
function nothing() {
  const none = (): ChunkList<number> => new ChunkList(numberChunks());
  return { items: new ChunkList(referenceChunks<Item>()), replaced: none(), others: none() };
}

function newFold() {
  const fileSystem = new SimulatedFileSystem({ autoSync: true });
  fileSystem.writeFile(`${DIRECTORY}/.made`, new Uint8Array(0));
  // Every delta gets a segment of its own.
  const changelog = new ChangelogWriter(fileSystem, DIRECTORY, { segmentBytesMax: 0, nextSegment: 1, segments: [] });
  const dirty = new DirtyEntities();
  /** The epochs of which the store has been told that it holds them. */
  const applied: string[] = [];
  const store = {
    batch: () => ({
      count: 0,
      put: (key: Uint8Array, value: Uint8Array) => {
        if (key === APPLIED_KEY) applied.push(Buffer.from(value).toString());
      },
      delete: () => {},
      write: () => Promise.resolve(),
    }),
  };
  const fold = new Fold(
    {
      fileSystem,
      directory: DIRECTORY,
      store: store as unknown as StateStore,
      changelog,
      dirty,
      pairs: new Rows(dirty).pairs,
      baseEpoch: 0,
      foldBytes: 1,
    },
    { released: () => {}, progressed: () => {} },
  );
  const write = (epoch: number): void => {
    changelog.begin(epoch, epoch - 1);
    fold.add({ epoch, location: changelog.end(), ...nothing(), firstRecord: 0 });
  };
  const work = async (): Promise<void> => {
    while (fold.hasWork || fold.isWriting) {
      fold.work();
      await Promise.resolve();
    }
  };
  const segments = (): number[] => changelog.segments.map(({ segment }) => segment);
  return { fold, write, work, applied, segments };
}

test('nothing later is folded, and the delta of the epoch stays, until the release', async () => {
  const { fold, write, work, applied, segments } = newFold();
  for (const epoch of [1, 2, 3]) write(epoch);
  fold.committed(2);
  fold.holdAt(2);
  // Committed before anything was folded: the round must not take it.
  fold.committed(3);
  expect(fold.isHeld).toBe(false);
  await work();
  expect([fold.isHeld, applied]).toEqual([true, ['2']]);
  expect(segments()).toEqual([2, 3]);
  write(4);
  fold.committed(4);
  await work();
  expect([applied, segments()]).toEqual([['2'], [2, 3, 4]]);
  fold.release();
  await work();
  expect([applied, segments()]).toEqual([['2', '4'], [4]]);
});

test('a store that stands there already is held at once', async () => {
  const { fold, write, work, applied } = newFold();
  write(1);
  fold.committed(1);
  await work();
  fold.holdAt(1);
  expect(fold.isHeld).toBe(true);
  fold.release();
  expect([fold.isHeld, applied]).toEqual([false, ['1']]);
});

test('a round under way is waited for', async () => {
  const { fold, write, work, applied } = newFold();
  write(1);
  fold.committed(1);
  fold.work();
  write(2);
  fold.committed(2);
  fold.holdAt(2);
  expect(fold.isHeld).toBe(false);
  await work();
  expect([fold.isHeld, applied]).toEqual([true, ['1', '2']]);
});
