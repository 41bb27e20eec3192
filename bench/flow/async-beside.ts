/**
 * A plain function at full load, with and without an async function at its full concurrency on the same shards: what
 * waiting costs those who do not wait.
 *
 * ```
 *   ┌ shard ─────────────────────────────────────────────────────────┐
 *   │ 1,000 messages in flight among 1,000 runners, each sends one   │
 *   │ 64 × await sleep(1 ms), sent from outside as fast as are taken │  (or not)
 *   └────────────────────────────────────────────────────────────────┘
 * ```
 *
 * The checksum is how many of the async messages came to their end.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine } from '../../src/index.ts';
import { type Benchmark, type Contender, type Measurement, OURS } from '../harness/benchmark.ts';
import { ACCEPTED, idsOfShards, report, sendToWaiters, withAsyncEngine } from './async-engine.ts';

const ADDRESSES = 10_000;
const RUNNERS = 1_000;
/** Messages in flight among the runners of a shard. */
const CHAINS = 1_000;
/** Ids that a message carries. */
const RING_LENGTH = 4;
const ALONE = `${OURS}, without async load`;
/**
 * Others are measured for a shorter time. Here the compiler, on threads of its own, takes a tenth of two cores for the first
 * three seconds, twice as long as without async functions.
 */
const TIME_FACTOR = 3;
const WARM_UP_SHARE = 0.6;

export const asyncBeside: Benchmark = {
  name: 'async-beside',
  unit: 'messages/s',
  describe: () => 'a plain function at full load, beside an async one that waits 1 ms, 64 at a time in each shard',
  figures: [{ rival: ALONE, atLeast: 0.9 }],
  contenders: ({ shards, seconds }) => [
    contender(OURS, shards, seconds, true),
    contender(ALONE, shards, seconds, false),
  ],
};

function contender(name: string, shards: number, seconds: number, isLoaded: boolean): Contender {
  const longer = seconds * TIME_FACTOR;
  return { name, measure: () => withAsyncEngine(shards, (engine) => measure(engine, longer, isLoaded)) };
}

async function measure(engine: Engine, seconds: number, isLoaded: boolean): Promise<Measurement> {
  await startRunners(engine);
  let isOver = false;
  const sent = isLoaded
    ? sendToWaiters(engine, idsOfShards('waiter', ADDRESSES, engine.shardCount), () => !isOver)
    : Promise.resolve(0);
  await sleep(seconds * WARM_UP_SHARE * 1000);
  const before = await report(engine);
  const startedAt = performance.now();
  await sleep(seconds * 1000);
  const after = await report(engine);
  const took = (performance.now() - startedAt) / 1000;
  isOver = true;
  await report(engine, 'stop');
  const sentCount = await sent;
  await engine.drained();
  const { waitedCount } = await report(engine);
  return {
    value: (after.hopCount - before.hopCount) / took,
    ...named(after.waitedCount - before.waitedCount, took),
    checksum: String(waitedCount),
    expected: String(sentCount),
  };
}

async function startRunners(engine: Engine): Promise<void> {
  for (const ids of idsOfShards('runner', RUNNERS * engine.shardCount, engine.shardCount)) {
    for (let chain = 0; chain < CHAINS; chain++) {
      const ring = Array.from({ length: RING_LENGTH }, (_, step) => ids[(chain * 7 + step * 131) % ids.length]);
      await engine.send('bench/runner', ids[chain % ids.length], ring, ACCEPTED);
    }
  }
}

/** What the async function did meanwhile, if it was there. */
function named(waitedCount: number, seconds: number): Pick<Measurement, 'named'> {
  return waitedCount === 0 ? {} : { named: { 'async load, invocations/s': waitedCount / seconds } };
}
