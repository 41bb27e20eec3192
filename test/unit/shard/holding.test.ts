/**
 * A shard with too much in memory: while a round of folding goes on messages wait where they are, and when the store has
 * taken the round they go on.
 */
import { expect, test } from 'vitest';
import { DataDirectory } from '../../../src/engine/data-directory.ts';
import { defineFunction, defineModule, value } from '../../../src/index.ts';
import { SimulatedClock } from '../../../src/testing/simulated-clock.ts';
import { SimulatedFileSystem } from '../../../src/testing/simulated-file-system.ts';
import { SingleThreadEngine } from '../../../src/testing/single-thread.ts';
import { HeldStore } from './durable-stage.ts';

/** More than a shard may hold that may hold next to nothing. */
const ENTITIES = 100;

async function newEngine(memoryBytes: number) {
  const counted = { messages: 0 };
  const count = defineFunction({
    type: 'test/count',
    state: { count: value<number>() },
    invoke(ctx) {
      counted.messages++;
      ctx.state.count = (ctx.state.count ?? 0) + 1;
    },
  });
  const fileSystem = new SimulatedFileSystem({ autoSync: true });
  const clock = new SimulatedClock();
  const data = await DataDirectory.open({ path: '/data', fileSystem, storeName: 'held', newId: () => 'one' });
  await data.makeShardDirectories(1);
  const store = new HeldStore();
  const bounds = {
    segmentBytes: 1 << 20,
    foldBytes: 1 << 20,
    indexBytesMin: 1 << 20,
    scanBytesMax: 1 << 20,
    memoryBytes,
  };
  const shard = {
    fileSystem,
    directory: data.shardDirectory(0),
    store,
    appliedEpoch: 0,
    committed: undefined,
    ...bounds,
  };
  const coordinator = { data, clock, minIntervalMs: 0, maxIntervalMs: 0, keyCountMax: 10 };
  const hooks = { invocationFailed: (error: Error) => expect.fail(error.message), egressCrowded: () => {} };
  const engine = new SingleThreadEngine(defineModule({ functions: [count] }), { shardCount: 1, clock }, hooks, {
    coordinator,
    shards: [shard],
  });
  const turn = async (turnCount: number): Promise<void> => {
    for (let number = 0; number < turnCount; number++) {
      for (let thread = 0; thread < engine.threadCount; thread++) engine.turn(thread);
      await engine.settle();
      clock.advance(1);
    }
  };
  const send = (): void => {
    for (let id = 0; id < ENTITIES; id++) engine.coordinator.send('test/count', `id-${id}`, {});
  };
  return { engine, store, counted, turn, send };
}

test('messages wait while a round goes on that has to make room, and go on behind it', async () => {
  const { engine, store, counted, turn, send } = await newEngine(0);
  store.isHeld = true;
  send();
  await turn(50);
  expect(counted.messages).toBe(ENTITIES);
  send();
  await turn(50);
  expect(counted.messages).toBe(ENTITIES);
  expect(engine.shards[0].hasWork).toBe(false);
  store.release();
  await turn(50);
  expect(counted.messages).toBe(2 * ENTITIES);
});

test('no message waits for a round in a shard that has room', async () => {
  const { store, counted, turn, send } = await newEngine(1 << 20);
  store.isHeld = true;
  send();
  await turn(50);
  send();
  await turn(50);
  expect(counted.messages).toBe(2 * ENTITIES);
});
