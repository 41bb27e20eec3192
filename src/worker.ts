/**
 * The thread entry: builds one shard from its task and turns it until the engine orders a stop. Whatever is thrown here
 * ends the thread, and with it the engine: a shard in an unknown state must not go on.
 */
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { systemClock } from './base/clock.ts';
import { NodeFileSystem } from './base/node-file-system.ts';
import { Mesh } from './channel/mesh.ts';
import { loadModule } from './engine/load-module.ts';
import type { DurableTask, ShardTask } from './engine/shard-task.ts';
import { SpillDirectory } from './engine/spill-directory.ts';
import { COMMAND_RUN } from './metrics/counters.ts';
import { CallNaps } from './ring/call-naps.ts';
import { IdleStrategy } from './ring/idle-strategy.ts';
import { LoopTurns } from './ring/loop-turns.ts';
import { type DurableOptions, readFoldedEpochs } from './shard/durable/durability.ts';
import { failureOf } from './shard/failing/failure.ts';
import { Shard } from './shard/shard.ts';
import type { ShardOptions } from './shard/shard-options.ts';
import { CheckedStore } from './store/checked-store.ts';
import { makeDurableDirectory } from './store/durable-directory.ts';
import type { OpenStore } from './store/state-store.ts';

/** Of a core, for a round of folding with little behind it. */
const FOLD_SHARE = 0.2;
/** Duty cycles between two looks at the clock, if they find no more work than this: messages take time, too. */
const LOOK_CYCLES = 16;
const LOOK_WORK = 64;
/**
 * How long an idle thread sleeps before it gives its event loop a turn, which takes it half a millisecond; short naps are
 * for the idle mode `yield`.
 */
const PARK_MS = 200;
const NAP_MS = 0.1;

const RESOLVED: Promise<void> = Promise.resolve();

/** Sleeps until rung, but not if there is work by now. With async invocations under way the event loop must go on. */
async function rest(shard: Shard, mesh: Mesh, timeoutMs: number, naps: CallNaps): Promise<void> {
  const { ownDoorbell, counters } = mesh;
  ownDoorbell.declareParked();
  if (shard.hasWork || counters.command() !== COMMAND_RUN) return ownDoorbell.rise();
  let sleepMs = timeoutMs;
  if (shard.isWaiting) {
    const callCount = shard.isWaitingForStore ? 0 : shard.calls.count;
    sleepMs = Math.min(timeoutMs, naps.napMs(performance.now(), callCount, shard.calls.endedCount));
    if (sleepMs === 0) return ownDoorbell.parkAsync(timeoutMs);
  }
  ownDoorbell.park(sleepMs);
  await setImmediate();
}

async function turnUntilStopped(shard: Shard, mesh: Mesh, idle: IdleStrategy): Promise<void> {
  let cycleCount = 0;
  let workCount = 0;
  const turns = new LoopTurns(performance.now());
  const naps = new CallNaps(performance.now());
  while (mesh.counters.command() === COMMAND_RUN) {
    const count = shard.doWork();
    workCount += count;
    const decision = idle.decide(count, shard.isWaiting);
    if (decision === 'park' || decision === 'nap') {
      turns.rested();
      const restMs = Math.min(decision === 'nap' ? NAP_MS : PARK_MS, shard.restMs);
      await rest(shard, mesh, Math.max(0, restMs), naps);
    } else if (shard.isWaitingForStore) {
      await setImmediate();
    } else if (shard.isWaiting) {
      // Lets promises that are already resolved go on; much cheaper than a turn of the whole event loop.
      await RESOLVED;
    }
    if (++cycleCount % LOOK_CYCLES !== 0 && workCount < LOOK_WORK) continue;
    workCount = 0;
    const now = performance.now();
    if (!turns.isDue(now, shard.isWaiting)) continue;
    await setImmediate();
    turns.turned(now, performance.now());
  }
}

async function run({ durable, ...task }: ShardTask): Promise<void> {
  const module = await loadModule(task.module);
  const mesh = new Mesh(task.mesh, task.shard);
  const storage = new SpillDirectory(task.spillDirectory);
  const options: ShardOptions = { ...task, clock: systemClock, storage, timesMessages: true };
  const shard = new Shard(
    module,
    mesh,
    durable === undefined ? options : { ...options, durable: await openGround(durable) },
  );
  shard.onSettled = () => mesh.ownDoorbell.wake();
  try {
    await turnUntilStopped(shard, mesh, new IdleStrategy(task.idle));
  } catch (error) {
    mesh.counters.lookout(task.shard).underWay.clear();
    throw error;
  } finally {
    storage.clear();
    await shard.close();
  }
}

/** What a durable shard stands on: its store, opened on this thread. */
async function openGround({ store, cacheBytes, ...durable }: DurableTask): Promise<DurableOptions> {
  const { openStore } = (await import(store)) as { openStore: OpenStore };
  const fileSystem = new NodeFileSystem();
  const directory = join(durable.directory, 'store');
  // The store's own name in the shard's directory must be durable before a delta is only in the store.
  await makeDurableDirectory(fileSystem, directory);
  const opened = new CheckedStore(await openStore({ directory, fileSystem, cacheBytes }));
  const pace = { clock: systemClock, share: FOLD_SHARE };
  return { ...durable, fileSystem, store: opened, ...(await readFoldedEpochs(opened)), pace };
}

export default async function runShard(task: ShardTask): Promise<void> {
  try {
    await run(task);
  } catch (error) {
    // oxlint-disable-next-line typescript/only-throw-error -- plain data: an error would lose its code on the way
    throw failureOf(error);
  }
}
