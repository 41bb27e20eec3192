/**
 * Delayed messages: a million of them, set at an even pace within 10 s, each due after a random delay of up to 10 s; beside
 * the same messages sent directly at the same pace. All is durable, with checkpoints as the engine likes.
 *
 * ```
 *   main thread ─▶ ten drivers every 10 ms ─┬─ sendAfter(0 … 10 s) ─▶ timers ─▶ 10,000 keepers: count, and note how late
 *                                           └─ send ──────────────────────────▶ 10,000 keepers: the same
 * ```
 *
 * The rate is that of all messages in the time that they took, without the longest delay: so delayed ones reach that of
 * direct ones if they keep the pace. Lateness is that of the wall clock in whole milliseconds, from when a message is due
 * until it is handled; for direct ones since they were sent. The checksum is how many messages were handled.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine } from '../../src/index.ts';
import { type Benchmark, type Contender, type Measurement, OURS } from '../harness/benchmark.ts';
import { entityCount, type Options } from '../harness/options.ts';
import { Scratch } from '../harness/scratch.ts';
import type { Burst, ThreadReport } from './delayed-module.ts';
import { durableIn, startBareEngine } from './engine-flow.ts';
import { bodyText } from './random-targets.ts';

const MODULE = new URL('./delayed-module.ts', import.meta.url);
const DIRECT = `${OURS}, sent directly`;
const IN_MEMORY = `${OURS}, in memory only`;
const KEEPER_COUNT = 10_000;
const STEP_MS = 10;
/** Sent in one invocation: what an invocation takes, everything else of its shard is late. */
const BURST_COUNT = 100;
/** Delays are as long as the window, and a window is so many times longer than others measure. */
const TIME_FACTOR = 5;
/** As long as V8 compiles: until then its threads keep shards from their cores, half a second of one in each second. */
const WARM_UP_TENTHS = 3;
const COUNT_PER_MS = 100;
const SMOKE_COUNT_PER_MS = 40;
/** Enough ids for every shard to have some. */
const REPORTERS = 64;
const ACCEPTED = { until: 'accepted' } as const;
const NOW = { until: 'processed' } as const;

interface Work {
  readonly count: number;
  readonly windowMs: number;
}

export const delayed: Benchmark = {
  name: 'delayed',
  unit: 'messages/s',
  describe(options) {
    const { count, windowMs } = work(options);
    const keepers = keeperCountOf(options).toLocaleString('en-US');
    return `${count.toLocaleString('en-US')} messages to ${keepers} entities in ${windowMs} ms, each after a random delay of up to as much${bodyText(options)}`;
  },
  figures: ({ bytes }) => (bytes === undefined ? [{ rival: DIRECT, atLeast: 0.8 }] : []),
  limits: ({ bytes }) => (bytes === undefined ? [{ of: 'p99', atMost: 5_000 }] : []),
  contenders: (options) => [
    contender(OURS, options, true, true),
    contender(DIRECT, options, true, false),
    contender(IN_MEMORY, options, false, true),
  ],
};

function keeperCountOf(options: Options): number {
  return entityCount(options, KEEPER_COUNT, KEEPER_COUNT);
}

/** What the module has to know. */
function moduleFor(options: Options): URL {
  const { bytes } = options;
  const module = new URL(MODULE);
  module.searchParams.set('keepers', String(keeperCountOf(options)));
  if (bytes !== undefined) module.searchParams.set('bytes', String(bytes));
  return module;
}

function work({ size, seconds }: Options): Work {
  // Its tenths must be of whole steps: some of them are the warm-up.
  const unitMs = 10 * STEP_MS;
  const windowMs = Math.max(1, Math.round((seconds * TIME_FACTOR * 1000) / unitMs)) * unitMs;
  return { count: windowMs * (size === 'smoke' ? SMOKE_COUNT_PER_MS : COUNT_PER_MS), windowMs };
}

function warmUpOf({ count, windowMs }: Work): Work {
  return { count: (count / 10) * WARM_UP_TENTHS, windowMs: (windowMs / 10) * WARM_UP_TENTHS };
}

async function send(engine: Engine, { count, windowMs }: Work, delayMs: number): Promise<void> {
  const steps = windowMs / STEP_MS;
  const burst: Burst = { count: Math.min(BURST_COUNT, count / steps), delayMs };
  const bursts = count / steps / burst.count;
  const startedAt = performance.now();
  for (let step = 0; step < steps; step++) {
    const waitMs = startedAt + step * STEP_MS - performance.now();
    if (waitMs > 0) await sleep(waitMs);
    for (let index = 0; index < bursts; index++) {
      await engine.send('bench/driver', `driver-${step}-${index}`, burst, ACCEPTED);
    }
  }
}

function contender(name: string, options: Options, isDurable: boolean, isDelayed: boolean): Contender {
  const real = work(options);
  const { shards, intervalMs } = options;
  const module = moduleFor(options);
  const keeperCount = keeperCountOf(options);
  return {
    name,
    async measure() {
      const scratch = isDurable ? new Scratch() : undefined;
      const start = (): Promise<Engine> => startBareEngine(module, shards, durableIn(scratch, intervalMs));
      let engine = await start();
      try {
        const warmUp = warmUpOf(real);
        await run(engine, warmUp, isDelayed);
        await reports(engine, 'reset');
        const measured = await run(engine, real, isDelayed);
        if (isDurable) {
          await engine.stop();
          engine = await start();
        }
        const kept = await keptCount(engine, keeperCount);
        const all = real.count + warmUp.count;
        return { ...measured, checksum: `${measured.checksum} ${kept}`, expected: `${measured.expected} ${all}` };
      } finally {
        await engine.stop();
        scratch?.remove();
      }
    },
  };
}

async function run(engine: Engine, real: Work, isDelayed: boolean): Promise<Measurement> {
  const startedAt = performance.now();
  const before = process.cpuUsage();
  const delayMs = isDelayed ? real.windowMs : 0;
  await send(engine, real, delayMs);
  await sleep(delayMs);
  let found = await reports(engine, 'report');
  while (countOf(found) < real.count && performance.now() - startedAt < real.windowMs * 10 + 10_000) {
    await sleep(5);
    found = await reports(engine, 'report');
  }
  const seconds = (performance.now() - startedAt - delayMs) / 1000;
  const { user, system } = process.cpuUsage(before);
  const percentile = (share: number): number => latenessAt(found, share) * 1000;
  return {
    value: countOf(found) / seconds,
    percentiles: { p50: percentile(0.5), p99: percentile(0.99), p999: percentile(0.999) },
    named: { 'processor time, s': (user + system) / 1e6 },
    checksum: String(countOf(found)),
    expected: String(real.count),
  };
}

/** What all keepers have counted since the beginning, the warm-up included. */
async function keptCount(engine: Engine, keeperCount: number): Promise<number> {
  let sum = 0;
  for (let keeper = 0; keeper < keeperCount; keeper++) {
    sum += (await engine.ask('bench/keeper', `keeper-${keeper}`, 'report', NOW)) as number;
  }
  return sum;
}

/** What each thread has seen; asked through enough entities to reach all of them. */
async function reports(engine: Engine, message: 'report' | 'reset'): Promise<ThreadReport[]> {
  const byThread = new Map<number, ThreadReport>();
  for (let index = 0; index < REPORTERS; index++) {
    const report = (await engine.ask('bench/reporter', `reporter-${index}`, message, NOW)) as ThreadReport;
    byThread.set(report.thread, report);
  }
  return [...byThread.values()];
}

function countOf(found: readonly ThreadReport[]): number {
  return found.reduce((sum, { count }) => sum + count, 0);
}

/** Milliseconds within which this share of all messages came. */
function latenessAt(found: readonly ThreadReport[], share: number): number {
  const wanted = countOf(found) * share;
  let seen = 0;
  for (let ms = 0; ; ms++) {
    for (const { late } of found) seen += late[ms];
    if (seen >= wanted || ms === (found[0]?.late.length ?? 1) - 1) return ms;
  }
}
