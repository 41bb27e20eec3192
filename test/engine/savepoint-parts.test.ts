/**
 * The parts of making a savepoint, each on its own: what the coordinator does when things go wrong at a certain moment,
 * what a shard does when the disk fails it, and the line of progress.
 */
import { expect, test } from 'vitest';
import { openStore } from '../../native-free/log-store.ts';
import { NEW_EGRESS } from '../../src/io/egress-journal.ts';
import type { CheckpointEntry } from '../../src/engine/checkpoint-entry.ts';
import { digestOn } from '../../src/engine/savepoint-info.ts';
import { ProgressReport } from '../../src/engine/savepoint-progress.ts';
import { Savepoints } from '../../src/engine/savepoint.ts';
import { FirstDelta } from '../../src/shard/durable/first-delta.ts';
import type { Fold } from '../../src/shard/durable/fold.ts';
import { type SavepointOrder, type SavepointPart, ShardSavepoint } from '../../src/shard/durable/shard-savepoint.ts';
import { SimulatedClock } from '../../src/testing/single-thread.ts';
import { SimulatedFileSystem } from '../../src/testing/simulated-file-system.ts';
import { message, open } from './reshard-stage.ts';

const PATH = '/made';

/** The fold of a store that stands where it must, and says whether it is held. */
class StillFold {
  isHolding = false;
  get isHeld(): boolean {
    return this.isHolding;
  }
  holdAt(): void {
    this.isHolding = true;
  }
  release(): void {
    this.isHolding = false;
  }
}

/** One shard of one, with a store of five entries and three messages in flight at epoch 4. */
async function newShard(disk: SimulatedFileSystem) {
  const directory = '/data/shard';
  disk.writeFile(`${directory}/.made`, new Uint8Array(0));
  disk.writeFile(`${PATH}/.made`, new Uint8Array(0));
  disk.remove(`${PATH}/.made`);
  const store = await openStore({ directory: `${directory}/store`, fileSystem: disk, cacheBytes: 1 << 20 });
  const batch = store.batch();
  for (let index = 0; index < 5; index++) batch.put(Uint8Array.of(index, 7), Uint8Array.of(index));
  await batch.write();
  const delta = new FirstDelta(disk, directory, 4);
  for (const text of ['one', 'two', 'three']) delta.add(message('a', text));
  const location = await delta.finish();
  const fold = new StillFold();
  const parts: SavepointPart[] = [];
  const shard = new ShardSavepoint({
    fileSystem: disk,
    directory,
    store,
    fold: fold as unknown as Fold,
    shard: 0,
    shardCount: 1,
    written: (part) => void parts.push(part),
    progressed: () => {},
  });
  const make = async (order: SavepointOrder = { epoch: 4, path: PATH }): Promise<SavepointPart | undefined> => {
    shard.begin(order, 4, location);
    while (parts.length === 0) {
      shard.work();
      await new Promise(setImmediate);
    }
    return parts.pop();
  };
  return { shard, fold, make };
}

test('a shard copies its part, holds the store no longer than it must, and can do it again', async () => {
  const { fold, make, shard } = await newShard(new SimulatedFileSystem({ autoSync: true }));
  const part = await make();
  expect(part?.failure).toBe(undefined);
  expect(part?.files.map(({ recordCount }) => recordCount)).toEqual([4, 3]);
  expect([fold.isHolding, shard.isWaiting, shard.hasWork]).toEqual([false, false, false]);
  const again = await make({ epoch: 4, path: PATH });
  expect(again?.failure, 'the files are there already').toMatch(/EEXIST/);
});

test('whatever call to the disk fails, a shard reports it, lets the store go on and can try again', async () => {
  let failureCount = 0;
  for (let failing = 1; ; failing++) {
    const disk = new SimulatedFileSystem({ autoSync: true });
    const { fold, make, shard } = await newShard(disk);
    const failingCall = disk.callCount + failing;
    disk.fault = ({ number, path }) => (number === failingCall && !path.includes('/store') ? 'EIO' : undefined);
    const part = await make();
    expect([fold.isHolding, shard.isWaiting, shard.hasWork]).toEqual([false, false, false]);
    expect(part?.failure ?? 'EIO, or none').toMatch(/EIO/);
    if (part?.failure !== undefined) failureCount++;
    if (disk.callCount < failingCall) break;
    for (const path of disk.paths()) if (path.startsWith(PATH)) disk.remove(path);
    expect((await make())?.failure).toBe(undefined);
  }
  expect(failureCount).toBeGreaterThan(5);
});

const ENTRY: CheckpointEntry = {
  epoch: 4,
  generation: 1,
  shards: [],
  ingresses: { 'test/in': { source: 3, skip: 0 } },
  egresses: { 'test/out': { ...NEW_EGRESS, acknowledged: 3, committed: 3 } },
  keys: [],
};

async function newSavepoints(shardCount = 1) {
  const disk = new SimulatedFileSystem({ autoSync: true });
  disk.writeFile('/data/lock', new Uint8Array(0));
  const data = await open(disk, shardCount);
  const orders: unknown[] = [];
  let openEpoch = 4;
  const savepoints = new Savepoints(data, shardCount, {
    order: () => void orders.push('checkpoint'),
    openEpoch: () => openEpoch,
    keys: () => ['key'],
    sendControl: (_kind, payload) => void orders.push(payload),
  });
  const ordered = async (count: number): Promise<void> => {
    while (orders.length < count) await new Promise(setImmediate);
  };
  return { disk, savepoints, orders, ordered, goBack: (epoch: number) => void (openEpoch = epoch) };
}

test('a savepoint is made of the first checkpoint that holds what was sent before', async () => {
  const { disk, savepoints, orders, ordered } = await newSavepoints();
  const { make } = await newShard(disk);
  const made = savepoints.make(PATH);
  await ordered(1);
  savepoints.committed({ ...ENTRY, epoch: 3 });
  expect(orders).toEqual(['checkpoint']);
  savepoints.committed(ENTRY);
  expect(orders).toEqual(['checkpoint', { epoch: 4, path: PATH }]);
  savepoints.committed({ ...ENTRY, epoch: 5 });
  savepoints.onPart(0, (await make()) as SavepointPart);
  expect(await made).toEqual(await digestOn(disk, PATH));
  expect(orders).toHaveLength(2);
});

test.each<[string, (savepoints: Savepoints) => void, RegExp]>([
  ['the shards go back', (savepoints) => savepoints.rollBack(), /have gone back/],
  ['the engine ends', (savepoints) => savepoints.close(new Error('it is over')), /it is over/],
  [
    'a shard fails in it',
    (savepoints) => {
      const part = { epoch: 4, failure: 'no room', files: [], groupDigests: new Uint8Array(0), messageDigest: '' };
      savepoints.onPart(0, part);
    },
    /no room/,
  ],
])('when %s, it has failed, is removed, and another can be made', async (_, end, reason) => {
  const { disk, savepoints, ordered } = await newSavepoints();
  const failing = savepoints.make(PATH);
  await ordered(1);
  savepoints.committed(ENTRY);
  expect(disk.paths()).toContain(`${PATH}/coordinator.mrc`);
  end(savepoints);
  await expect(failing).rejects.toMatchObject({ code: 'SAVEPOINT_FAILED', details: { path: PATH } });
  await expect(failing).rejects.toThrow(reason);
  expect(disk.exists(PATH)).toBe(false);
  await savepoints.idle();
});

test('shards that go back before its checkpoint only delay it', async () => {
  const { disk, savepoints, orders, ordered, goBack } = await newSavepoints();
  const made = savepoints.make(PATH);
  await ordered(1);
  goBack(2);
  savepoints.rollBack();
  expect(orders).toEqual(['checkpoint', 'checkpoint']);
  savepoints.committed({ ...ENTRY, epoch: 2 });
  expect(disk.paths()).toContain(`${PATH}/coordinator.mrc`);
  savepoints.close(new Error('enough'));
  await expect(made).rejects.toMatchObject({ code: 'SAVEPOINT_FAILED' });
  await expect(savepoints.make('/other')).rejects.toThrow(/enough/);
});

test('parts of another epoch are not taken', async () => {
  const { disk, savepoints, ordered } = await newSavepoints();
  const { make } = await newShard(disk);
  const part = (await make()) as SavepointPart;
  const made = savepoints.make('/another');
  await ordered(1);
  savepoints.committed({ ...ENTRY, epoch: 5 });
  savepoints.onPart(0, part);
  savepoints.close(new Error('still waiting'));
  await expect(made).rejects.toThrow(/still waiting/);
});

test('progress is told a few times a second, and shown at a terminal when it takes long', () => {
  const clock = new SimulatedClock();
  const told: number[] = [];
  const shown: string[] = [];
  const terminal = { isTTY: true, write: (text: string) => shown.push(text) };
  const report = new ProgressReport('import', ({ done }) => void told.push(done), terminal, clock);
  for (let done = 0; done < 200; done++) {
    report.at(done, 200);
    void clock.sleep(10);
    clock.wakeNext();
  }
  report.done(200);
  expect(told).toEqual([0, 20, 40, 60, 80, 100, 120, 140, 160, 180, 200]);
  expect(shown[0]).toBe('\r\x1b[KTaking up the savepoint: entities 100 of 200 (50 %)');
  expect(shown).toHaveLength(6);
  expect(shown.at(-1)).toBe('\r\x1b[K');
  const quiet = new ProgressReport(
    'reshard',
    undefined,
    { write: (text) => shown.push(text) },
    new SimulatedClock(5_000),
  );
  quiet.at(1, undefined);
  quiet.end();
  expect(shown).toHaveLength(6);
});
