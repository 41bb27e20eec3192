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
 * The checksum is how many of the async messages came to their end, and how many messages the runners have counted; after a
 * reopen, where `--interval` makes the engine durable.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine } from '../../src/index.ts';
import { type Benchmark, type Contender, type Measurement, OURS } from '../harness/benchmark.ts';
import { entityCount, type Options } from '../harness/options.ts';
import {
  ACCEPTED,
  type AsyncSession,
  idsOfShards,
  keptCount,
  report,
  sendToWaiters,
  withAsyncEngine,
} from './async-engine.ts';
import { durableText } from './engine-flow.ts';
import { bodyText } from './random-targets.ts';

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
  describe: (options) =>
    `a plain function at full load, beside an async one that waits 1 ms at ${addressesOf(options).toLocaleString('en-US')} addresses, 64 at a time in each shard${bodyText(options)}${durableText(options)}`,
  figures: ({ bytes, intervalMs }) =>
    bytes === undefined && intervalMs === undefined ? [{ rival: ALONE, atLeast: 0.9 }] : [],
  contenders: (options) => [contender(OURS, options, true), contender(ALONE, options, false)],
};

function addressesOf(options: Options): number {
  return entityCount(options, ADDRESSES, ADDRESSES);
}

interface Load {
  readonly seconds: number;
  /** Of the async function; none where it is not there. */
  readonly addresses: number;
  readonly bytes: number | undefined;
}

function contender(name: string, options: Options, isLoaded: boolean): Contender {
  const { shards, bytes, intervalMs } = options;
  const addresses = isLoaded ? addressesOf(options) : 0;
  const load = { seconds: options.seconds * TIME_FACTOR, addresses, bytes };
  return {
    name,
    measure: () =>
      withAsyncEngine({ shards, bytes, intervalMs }, (session) => measure(session, load, intervalMs !== undefined)),
  };
}

async function measure(session: AsyncSession, load: Load, isDurable: boolean): Promise<Measurement> {
  const { engine } = session;
  const { seconds, addresses, bytes } = load;
  const runners = idsOfShards('runner', RUNNERS * engine.shardCount, engine.shardCount);
  await startRunners(engine, runners);
  let isOver = false;
  const ids = idsOfShards('waiter', addresses, engine.shardCount).filter(({ length }) => length > 0);
  const sent = sendToWaiters(engine, ids, () => !isOver, bytes);
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
  const { waitedCount, hopCount } = await report(engine);
  if (isDurable) await session.reopen();
  const kept = await keptCount(session.engine, 'bench/runner', runners);
  return {
    value: (after.hopCount - before.hopCount) / took,
    ...named(after.waitedCount - before.waitedCount, took),
    checksum: `${waitedCount} ${kept}`,
    expected: `${sentCount} ${hopCount}`,
  };
}

async function startRunners(engine: Engine, runners: readonly (readonly string[])[]): Promise<void> {
  for (const ids of runners) {
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
