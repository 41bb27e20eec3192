/**
 * How long `engine.send` takes until the message is committed, at half of the load that is the most.
 *
 * ```
 *   ┌ main thread ───────────────┐           ┌ shards ──┐
 *   │ due: send, send, send, … ──┼───ring───▶│ entities │     100,000 entities, drawn at random; each counts
 *   │ every 1 ms                 │           └────┬─────┘
 *   │ committed ◀── manifest ◀───┼── changelogs ◀─┘           checkpoints as soon as somebody waits (the default)
 *   └────────────────────────────┘
 * ```
 *
 * First the largest load is found: sends as fast as the program can make them, each waiting for its commit, 32,768 of
 * them at a time. Then comes an open loop at half of that rate; latencies count from the intended time of each send.
 * Sender, coordinator and shards share the cores, so both loads are those of a whole program.
 *
 * There is no rival. The checksum is the sum of all counters after a reopen.
 */
import { LatencyHistogram } from '../../src/metrics/latency.ts';
import { type Benchmark, type Measurement, OURS } from '../harness/benchmark.ts';
import type { Options } from '../harness/options.ts';
import { warmRun } from '../harness/warm-run.ts';
import { CommitLoad } from './commit-load.ts';
import { type EngineSession, openDurableEngine } from './engine-flow.ts';
import { entityIds, TargetDraw } from './entity-ids.ts';

const MODULE = new URL('./all-to-all-module.ts', import.meta.url);
const FIRST_COUNT = 2_000;
const LOAD_SHARE = 0.5;
/** The open loop lasts so many times as long as finding its load, and its first part is not counted. */
const TIME_FACTOR = 3;
const WARM_UP_SHARE = 0.2;

export const sendCommitted: Benchmark = {
  name: 'send-committed',
  unit: 'µs',
  describe: ({ entities }) =>
    `sends to ${entities.toLocaleString('en-US')} entities at half of the largest load; the median from the intended time until committed`,
  figures: [],
  limits: [
    { of: 'p50', atMost: 5_000 },
    { of: 'p99', atMost: 20_000 },
  ],
  contenders: (options) => [{ name: OURS, measure: () => measure(options) }],
};

async function measure({ entities, shards, seconds }: Options): Promise<Measurement> {
  const setting = { topology: { kind: 'all-to-all', entities }, chains: 0 } as const;
  const session = await openDurableEngine(MODULE, shards, setting);
  const histogram = new LatencyHistogram();
  try {
    return await measureSends(session, new TargetDraw(entityIds(entities), 0), histogram, seconds);
  } finally {
    histogram.destroy();
    await session.close();
  }
}

async function measureSends(
  session: EngineSession,
  draw: TargetDraw,
  histogram: LatencyHistogram,
  seconds: number,
): Promise<Measurement> {
  await session.takeSum();
  const load = new CommitLoad(session.engine, draw);
  const most = await warmRun((count) => load.saturate(count), FIRST_COUNT, seconds);
  const perSecondMax = most.work / most.seconds;
  const perSecond = perSecondMax * LOAD_SHARE;
  const count = Math.ceil(perSecond * seconds * TIME_FACTOR);
  await load.sendAtRate(perSecond, Math.ceil(count * WARM_UP_SHARE), histogram);
  histogram.reset();
  await load.sendAtRate(perSecond, count, histogram);
  await session.reopen();
  const sum = await session.takeSum();
  const { p50, p99, p999, max } = histogram;
  return {
    value: p50,
    percentiles: { p50, p99, p999 },
    named: { 'longest, µs': max, 'largest load, sends/s': perSecondMax, 'load, sends/s': perSecond },
    checksum: String(sum),
    expected: String(load.sentCount),
  };
}
