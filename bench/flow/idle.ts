/**
 * What an engine costs that has nothing to do: time of the processor, with a data directory and 10,000 timers that are due
 * tomorrow.
 *
 * ```
 *   10,000 delayed messages ─▶ committed ─▶ nothing happens ─▶ nothing happens ─▶ how much of a core was that?
 * ```
 *
 * Rival: the same process without an engine. The checksum is the number of messages that have arrived meanwhile, which is
 * none, plus that of the entities that were there before, all of whom answer after a reopen.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Benchmark, type Measurement, OURS } from '../harness/benchmark.ts';
import { entityCount, type Options } from '../harness/options.ts';
import { openDurableEngine, takeSum } from './engine-flow.ts';
import type { Order } from './idle-module.ts';
import { entityIds } from './entity-ids.ts';

const MODULE = new URL('./idle-module.ts', import.meta.url);
const TIMER_COUNT = 10_000;
const SMOKE_TIMER_COUNT = 200;
/** Until start and first checkpoints are over. */
const SETTLE_MS = 500;
/** A share so small needs longer. */
const TIME_FACTOR = 3;

export const idle: Benchmark = {
  name: 'idle',
  unit: '% of a core',
  describe: (options) =>
    `an engine with ${options.shards} shard(s) and ${timerCountOf(options).toLocaleString('en-US')} pending timers, at rest`,
  figures: [],
  // Of so many timers, or fewer.
  limits: (options) => (timerCountOf(options) > TIMER_COUNT ? [] : [{ of: 'value', atMost: 1 }]),
  contenders: (options) => [
    { name: OURS, measure: () => measureEngine(options) },
    {
      name: 'no engine',
      measure: async () => ({ value: await processorShare(options.seconds), checksum: '0', expected: '0' }),
    },
  ],
};

function timerCountOf(options: Options): number {
  return entityCount(options, TIMER_COUNT, SMOKE_TIMER_COUNT);
}

async function measureEngine(options: Options): Promise<Measurement> {
  const { shards, seconds, size, intervalMs } = options;
  const timerCount = timerCountOf(options);
  const topology = { kind: 'all-to-all', entities: timerCount } as const;
  const session = await openDurableEngine(MODULE, shards, { topology, chains: 0 }, intervalMs);
  try {
    const { engine } = session;
    for (const id of entityIds(timerCount)) {
      await engine.send('bench/entity', id, 'begin' satisfies Order, { until: 'accepted' });
    }
    await engine.checkpoint();
    await sleep(size === 'smoke' ? 0 : SETTLE_MS);
    const value = await processorShare(seconds * TIME_FACTOR);
    await session.reopen();
    const sum = await takeSum(session.engine, entityIds(timerCount), 'report' satisfies Order);
    return { value, checksum: String(sum), expected: String(timerCount) };
  } finally {
    await session.close();
  }
}

/** Of one core, by all threads of this process, in percent. */
async function processorShare(seconds: number): Promise<number> {
  const before = process.cpuUsage();
  const startedMs = performance.now();
  await sleep(seconds * 1000);
  const { user, system } = process.cpuUsage(before);
  // As little as the clock can tell, so that ratios exist.
  return Math.max(user + system, 1) / ((performance.now() - startedMs) * 10);
}
