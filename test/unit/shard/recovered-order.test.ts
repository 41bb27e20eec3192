/**
 * What was in flight at the last commit is older than whatever comes after a recovery, and is delivered before it, however
 * many turns that takes (I4).
 */
import { expect, test } from 'vitest';
import { DataDirectory } from '../../../src/engine/data-directory.ts';
import { defineFunction, defineModule } from '../../../src/index.ts';
import { SimulatedClock } from '../../../src/testing/simulated-clock.ts';
import { SimulatedFileSystem } from '../../../src/testing/simulated-file-system.ts';
import { SingleThreadEngine } from '../../../src/testing/single-thread.ts';
import { HeldStore } from './durable-stage.ts';

const MIB = 1 << 20;
const OLD_COUNT = 20;
const NEW = 100;
/** The shard, and then the coordinator. */
const THREADS = [0, 1];

async function newProcess(fileSystem: SimulatedFileSystem, heard: number[]) {
  const sink = defineFunction<number>({
    type: 'test/sink',
    invoke(_, number) {
      heard.push(number);
    },
  });
  const source = defineFunction({
    type: 'test/source',
    invoke(ctx) {
      for (let number = 0; number < OLD_COUNT; number++) ctx.send(sink, 'one', number);
    },
  });
  const clock = new SimulatedClock();
  const data = await DataDirectory.open({ path: '/data', fileSystem, storeName: 'held', newId: () => 'one' });
  await data.makeShardDirectories(1);
  const sizes = { segmentBytes: MIB, foldBytes: MIB, indexBytesMin: MIB, scanBytesMax: MIB, memoryBytes: MIB };
  const place = { fileSystem, directory: data.shardDirectory(0), store: new HeldStore(), appliedEpoch: 0 };
  const hooks = { invocationFailed: (error: Error) => expect.fail(error.message), egressCrowded: () => {} };
  const options = { shardCount: 1, clock, batchCount: 2 };
  const engine = new SingleThreadEngine(defineModule({ functions: [sink, source] }), options, hooks, {
    coordinator: { data, clock, minIntervalMs: 0, maxIntervalMs: 0, keyCountMax: 10 },
    shards: [{ ...place, ...sizes, committed: data.committedOf(0) }],
  });
  const turnAll = async (): Promise<void> => {
    for (const thread of THREADS) engine.turn(thread);
    await engine.settle();
    clock.advance(1);
  };
  return { engine, data, turnAll };
}

test('messages in flight at the last commit come before those that are sent after it', async () => {
  const fileSystem = new SimulatedFileSystem({ autoSync: true });
  const before: number[] = [];
  const { engine: first, data, turnAll } = await newProcess(fileSystem, before);
  first.coordinator.send('test/source', 'one', {});
  // The first epoch ends before its shard has come far: what it has sent itself is in flight, and all handled at the commit.
  for (let turns = 0; data.last === undefined && turns < 100; turns++) await turnAll();
  expect(before).toHaveLength(OLD_COUNT);
  first.dropShards();

  const heard: number[] = [];
  const { engine, turnAll: goOn } = await newProcess(fileSystem, heard);
  engine.coordinator.send('test/sink', 'one', NEW);
  engine.turn(1);
  for (let turns = 0; turns < 40; turns++) await goOn();
  const old = heard.slice(0, -1);
  expect(heard.at(-1)).toBe(NEW);
  // More than one turn delivers.
  expect(old.length).toBeGreaterThan(4);
  expect(old).toEqual(Array.from({ length: old.length }, (_, index) => OLD_COUNT - old.length + index));
});
