/**
 * The files of a checkpoint's deltas: a commit waits for what was synced ahead of its cut, too, and fails with it (I9).
 */
import { expect, test } from 'vitest';
import { DeltaFiles } from '../../../src/engine/delta-files.ts';
import type { WrittenDelta } from '../../../src/io/egress-journal.ts';
import { segmentPath } from '../../../src/store/changelog-segment.ts';
import { SimulatedFileSystem } from '../../../src/testing/simulated-file-system.ts';

const SHARDS = ['/shard-0', '/shard-1'];

function delta(directory: string): WrittenDelta {
  const location = { segment: 1, offsetBytes: 0, byteLength: 1, checksum: 0 };
  return { directory, location, isNewSegment: false };
}

/** Two files that were synced for a commit, with more written since. */
async function stage(): Promise<{ fileSystem: SimulatedFileSystem; files: DeltaFiles }> {
  const fileSystem = new SimulatedFileSystem({ autoSync: true });
  const files = new DeltaFiles(fileSystem);
  for (const directory of SHARDS) {
    fileSystem.writeFile(segmentPath(directory, 1), Buffer.from('x'));
    await files.sync(delta(directory));
    fileSystem.open(segmentPath(directory, 1), 'append').append(Buffer.from('more'));
  }
  fileSystem.autoSync = false;
  return { fileSystem, files };
}

async function turn(): Promise<void> {
  for (let count = 0; count < 10; count++) await Promise.resolve();
}

test('all files that are known are synced ahead, and a commit waits for that before it syncs', async () => {
  const { fileSystem, files } = await stage();
  files.syncAhead();
  expect(fileSystem.pendingSyncs.map(({ path }) => path)).toEqual(SHARDS.map((shard) => segmentPath(shard, 1)));
  let isSynced = false;
  const synced = files.sync(delta(SHARDS[0])).then(() => (isSynced = true));
  fileSystem.completeSync(0);
  await turn();
  expect([fileSystem.pendingSyncCount, isSynced]).toEqual([1, false]);
  fileSystem.completeSync(0);
  await turn();
  expect([fileSystem.pendingSyncCount, isSynced]).toEqual([1, false]);
  fileSystem.completeSync(0);
  await synced;
  expect(fileSystem.violations).toEqual([]);
});

test('when a sync ahead has failed the commit fails, and no file is synced again', async () => {
  const { fileSystem, files } = await stage();
  files.syncAhead();
  fileSystem.completeSync(0, 'EIO');
  fileSystem.completeSync(0);
  for (const directory of SHARDS) {
    await expect(files.sync(delta(directory))).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
  }
  expect([fileSystem.pendingSyncCount, fileSystem.violations]).toEqual([0, []]);
  await files.close();
});

test('closing waits for what is being synced ahead', async () => {
  const { fileSystem, files } = await stage();
  files.syncAhead();
  let isClosed = false;
  const closed = files.close().then(() => (isClosed = true));
  await turn();
  expect(isClosed).toBe(false);
  fileSystem.completeAllSyncs();
  await closed;
});
