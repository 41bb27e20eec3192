/**
 * Delayed messages: a million of them, each after a random delay of up to 10 s, beside the same messages sent directly at
 * the same pace. All is durable, with checkpoints as the engine likes.
 *
 * ```
 *   1,000 drivers ── sendAfter(0 … 10 s) ──▶ timers ──▶ 10,000 keepers: count, and note how late
 *   main thread ─▶ a driver every 10 ms ── send ──────▶ 10,000 keepers: the same
 * ```
 *
 * Both take the 10 s, so what is compared is whether they keep that pace, and what it costs the processor. Lateness is
 * that of the wall clock in whole milliseconds, from when a message is due until it is handled; for direct ones since they
 * were sent. The checksum is how many messages were handled.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine } from '../../src/index.ts';
import { type Benchmark, type Contender, type Measurement, OURS } from '../harness/benchmark.ts';
import type { Options } from '../harness/options.ts';
import { Scratch } from '../harness/scratch.ts';
import type { Burst, ThreadReport } from './delayed-module.ts';
import { startBareEngine } from './engine-flow.ts';

const MODULE = new URL('./delayed-module.ts', import.meta.url);
const DIRECT = `${OURS}, sent directly`;
const IN_MEMORY = `${OURS}, in memory only`;
const DRIVERS = 1_000;
const STEP_MS = 10;
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
  describe: ({ size }) =>
    `${work(size).count.toLocaleString('en-US')} messages, each after a random delay of up to ${work(size).windowMs} ms`,
  figures: [{ rival: DIRECT, atLeast: 0.8 }],
  limits: [{ of: 'p99', atMost: 5_000 }],
  contenders: ({ shards, size }) => [
    contender(OURS, shards, work(size), true, sendDelayed),
    contender(DIRECT, shards, work(size), true, sendDirectly),
    contender(IN_MEMORY, shards, work(size), false, sendDelayed),
  ],
};

function work(size: Options['size']): Work {
  return size === 'smoke' ? { count: 4_000, windowMs: 100 } : { count: 1_000_000, windowMs: 10_000 };
}

type Send = (engine: Engine, work: Work) => Promise<void>;

async function sendDelayed(engine: Engine, { count, windowMs }: Work): Promise<void> {
  const burst: Burst = { count: count / DRIVERS, delayMs: windowMs };
  for (let index = 0; index < DRIVERS; index++) await engine.send('bench/driver', `driver-${index}`, burst, ACCEPTED);
}

async function sendDirectly(engine: Engine, { count, windowMs }: Work): Promise<void> {
  const steps = windowMs / STEP_MS;
  const burst: Burst = { count: count / steps, delayMs: 0 };
  const startedAt = performance.now();
  for (let step = 0; step < steps; step++) {
    const waitMs = startedAt + step * STEP_MS - performance.now();
    if (waitMs > 0) await sleep(waitMs);
    await engine.send('bench/driver', `driver-${step % DRIVERS}`, burst, ACCEPTED);
  }
}

function contender(name: string, shards: number, real: Work, isDurable: boolean, send: Send): Contender {
  return {
    name,
    async measure() {
      const scratch = isDurable ? new Scratch() : undefined;
      const engine = await startBareEngine(MODULE, shards, scratch && { directory: scratch.path });
      try {
        const warmUp = { count: real.count / 10, windowMs: real.windowMs / 10 };
        await run(engine, warmUp, send);
        await reports(engine, 'reset');
        return await run(engine, real, send);
      } finally {
        await engine.stop();
        scratch?.remove();
      }
    },
  };
}

async function run(engine: Engine, real: Work, send: Send): Promise<Measurement> {
  const startedAt = performance.now();
  const before = process.cpuUsage();
  await send(engine, real);
  await sleep(Math.max(0, startedAt + real.windowMs - performance.now()));
  let found = await reports(engine, 'report');
  while (countOf(found) < real.count && performance.now() - startedAt < real.windowMs * 10 + 10_000) {
    await sleep(5);
    found = await reports(engine, 'report');
  }
  const seconds = (performance.now() - startedAt) / 1000;
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
