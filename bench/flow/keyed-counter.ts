/**
 * The keyed counter: the smallest work that has to be durable. One message adds one to one of many numbers, drawn at
 * random, and counts when it is on disk, which is with a checkpoint every 100 ms, as for all throughput.
 *
 * ```
 *   main thread: send, send, … ──▶ entities ──▶ changelogs ──▶ manifest ──▶ committed      131,072 under way
 *   rivals:      the same increments, in a store on one thread, or over a socket or HTTP, each with its durability on
 * ```
 *
 * Rivals: LevelDB, LMDB and SQLite on one thread, read and written in synced transactions of one increment and of 1,000;
 * Redis with a Lua script and `appendfsync always`; and those that carry out functions, Restate and Durable Objects on
 * workerd. Each is at its best as far as we know how, and those that are missing are named. The checksum is the sum of all
 * numbers after a reopen, or after a kill.
 */
import { LatencyHistogram } from '../../src/metrics/latency.ts';
import { type Benchmark, type Contender, type Measurement, OURS } from '../harness/benchmark.ts';
import type { Options } from '../harness/options.ts';
import { Scratch } from '../harness/scratch.ts';
import { Thread } from '../harness/thread.ts';
import { warmRun } from '../harness/warm-run.ts';
import { missingStore, type StoreKind } from '../rival/counter/counter-store.ts';
import type { CounterStoreRequest, CounterStoreTask } from '../rival/counter/counter-store-thread.ts';
import { missingRedis, RedisCounter } from '../rival/counter/redis-counter.ts';
import { RestateCounter } from '../rival/restate/restate-counter.ts';
import { missingRestate, RESTATE } from '../rival/restate/restate-server.ts';
import { WorkerdCounter } from '../rival/workerd/workerd-counter.ts';
import { missingWorkerd, WORKERD } from '../rival/workerd/workerd-server.ts';
import type { Hop } from './all-to-all-topology.ts';
import { CommitLoad } from './commit-load.ts';
import { openDurableEngine } from './engine-flow.ts';
import { entityIds, TargetDraw } from './entity-ids.ts';

/** Counters, built up. */
export interface CounterSession {
  /** Seconds until so many increments are on disk. */
  add(count: number): Promise<number>;
  /** Of all counters, by what is on disk. */
  sum(): Promise<number>;
  close(): Promise<void>;
}

const COUNT_ONCE: Hop = { hops: 0 };
const MODULE = new URL('./all-to-all-module.ts', import.meta.url);
const STORES = { level: 'LevelDB', lmdb: 'LMDB', sqlite: 'SQLite' } as const;
const REDIS = 'Redis, Lua, always synced';
const INTERVAL_MS = 100;
const BATCH_COUNTS = [1_000, 1];
/** Those that carry out functions, and call them over HTTP. */
const REQUIRED_OF_RESTATE = 200;
/** Twice the best of those that commit many at a time. */
const REQUIRED = 2;

export const keyedCounter: Benchmark = {
  name: 'keyed-counter',
  unit: 'commits/s',
  describe: ({ entities, intervalMs = INTERVAL_MS }) =>
    `increments of ${entities.toLocaleString('en-US')} numbers, each on disk; ours with a checkpoint every ${intervalMs} ms`,
  figures: [
    ...kinds().map((kind) => ({ rival: storeName(kind, BATCH_COUNTS[0]), atLeast: REQUIRED })),
    { rival: REDIS, atLeast: REQUIRED },
    { rival: RESTATE, atLeast: REQUIRED_OF_RESTATE },
  ],
  contenders: (options) => [
    contender(OURS, options, 2_000, () => openOurs(options), undefined),
    ...BATCH_COUNTS.flatMap((batchCount) => kinds().map((kind) => storeContender(kind, batchCount, options))),
    contender(REDIS, options, 500, () => RedisCounter.open(options.entities), missingRedis()),
    contender(RESTATE, options, 50, () => RestateCounter.open(options.entities), missingRestate()),
    contender(WORKERD, options, 50, () => WorkerdCounter.open(options.entities), missingWorkerd()),
  ],
};

function kinds(): StoreKind[] {
  return Object.keys(STORES) as StoreKind[];
}

function storeName(kind: StoreKind, batchCount: number): string {
  return `${STORES[kind]}, ${batchCount.toLocaleString('en-US')} a transaction`;
}

function storeContender(kind: StoreKind, batchCount: number, options: Options): Contender {
  const open = (): CounterSession => openStore(kind, batchCount, options.entities);
  const name = storeName(kind, batchCount);
  return contender(name, options, batchCount, () => Promise.resolve(open()), missingStore(kind));
}

function contender(
  name: string,
  { seconds }: Options,
  firstCount: number,
  open: () => Promise<CounterSession>,
  missing: string | undefined,
): Contender {
  return {
    name,
    missing,
    async measure() {
      const session = await open();
      try {
        return await measureCounters(session, firstCount, seconds);
      } finally {
        await session.close();
      }
    },
  };
}

async function measureCounters(session: CounterSession, firstCount: number, seconds: number): Promise<Measurement> {
  const run = await warmRun((count) => session.add(count), firstCount, seconds);
  const expected = run.works.reduce((sum, count) => sum + count, 0);
  return { value: run.work / run.seconds, checksum: String(await session.sum()), expected: String(expected) };
}

async function openOurs({ entities, shards, intervalMs = INTERVAL_MS }: Options): Promise<CounterSession> {
  const setting = { topology: { kind: 'all-to-all', entities }, chains: 0 } as const;
  const session = await openDurableEngine(MODULE, shards, setting, intervalMs);
  const histogram = new LatencyHistogram();
  const draw = new TargetDraw(entityIds(entities), 0);
  const load = new CommitLoad(() => session.engine.send('bench/entity', draw.next(), COUNT_ONCE), histogram);
  return {
    add: (count) => load.saturate(count),
    async sum() {
      await session.reopen();
      return await session.takeSum();
    },
    async close() {
      histogram.destroy();
      await session.close();
    },
  };
}

function openStore(kind: StoreKind, batchCount: number, entities: number): CounterSession {
  const scratch = new Scratch();
  const task: CounterStoreTask = { kind, directory: scratch.path, entities, batchCount };
  const url = new URL('../rival/counter/counter-store-thread.ts', import.meta.url);
  const thread = new Thread<CounterStoreRequest, number>(url, task);
  return {
    add: (count) => thread.ask({ add: count }),
    sum: () => thread.ask('sum'),
    async close() {
      await thread.ask('close');
      await thread.close();
      scratch.remove();
    },
  };
}
