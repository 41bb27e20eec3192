/**
 * How long `engine.send` takes until the message is committed, under load from outside.
 *
 * ```
 *   ┌ main thread ───────────────┐           ┌ shards ──┐
 *   │ due: send, send, send, … ──┼───ring───▶│ entities │     100,000 entities, drawn at random; each counts
 *   │ (told by the pacer)        │           └────┬─────┘
 *   │ committed ◀── manifest ◀───┼── changelogs ◀─┘           checkpoints as soon as somebody waits (the default)
 *   └────────────────────────────┘
 * ```
 *
 * The largest load is that of sends as fast as the program can make them, each waiting for its commit, 131,072 of them at a
 * time. There is no rival. The checksum is the sum of all counters after a reopen.
 */
import { LatencyHistogram } from '../../src/metrics/latency.ts';
import type { Benchmark } from '../harness/benchmark.ts';
import type { Options } from '../harness/options.ts';
import { openLoopBenchmark, type OpenLoopSession, takeEncoded } from '../open-loop/open-loop.ts';
import type { Hop } from './all-to-all-topology.ts';
import { CommitLoad } from './commit-load.ts';
import { openDurableEngine } from './engine-flow.ts';
import { entityIds, TargetDraw } from './entity-ids.ts';

const COUNT_ONCE: Hop = { hops: 0 };
const MODULE = new URL('./all-to-all-module.ts', import.meta.url);

export const sendCommitted: Benchmark = openLoopBenchmark({
  name: 'send-committed',
  describe: ({ entities }) => `sends to ${entities.toLocaleString('en-US')} entities, each until it is committed`,
  firstCount: 2_000,
  // Of checkpoints that come as soon as somebody waits: who asks for an interval has asked to wait for it, too.
  limits: ({ intervalMs = 0 }) => [
    { of: 'p50', atMost: (intervalMs + 5) * 1000 },
    { of: 'p99', atMost: (intervalMs + 20) * 1000 },
  ],
  open,
});

async function open({ entities, shards, intervalMs }: Options): Promise<OpenLoopSession> {
  const setting = { topology: { kind: 'all-to-all', entities }, chains: 0 } as const;
  const session = await openDurableEngine(MODULE, shards, setting, intervalMs);
  const histogram = new LatencyHistogram();
  await session.takeSum();
  const draw = new TargetDraw(entityIds(entities), 0);
  const load = new CommitLoad(() => session.engine.send('bench/entity', draw.next(), COUNT_ONCE), histogram);
  return {
    saturate: (count) => load.saturate(count),
    begin: (intendedEpochMs) => load.send(intendedEpochMs),
    allEnded: () => load.allCommitted(),
    takeHistogram: () => Promise.resolve(takeEncoded(histogram)),
    async check() {
      await session.reopen();
      return { checksum: String(await session.takeSum()), expected: String(load.sentCount) };
    },
    async close() {
      histogram.destroy();
      await session.close();
    },
  };
}
