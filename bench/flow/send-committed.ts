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
import { makeBody } from './message-body.ts';
import { bodyText, randomTargets } from './random-targets.ts';

const COUNT_ONCE: Hop = { hops: 0 };

export const sendCommitted: Benchmark = openLoopBenchmark({
  name: 'send-committed',
  describe: (options) =>
    `sends to ${options.entities.toLocaleString('en-US')} entities, each until it is committed${bodyText(options)}`,
  firstCount: 2_000,
  // Of checkpoints that come as soon as somebody waits: who asks for an interval has asked to wait for it, too.
  limits: ({ intervalMs = 0, bytes }) =>
    bytes === undefined
      ? [
          { of: 'p50', atMost: (intervalMs + 5) * 1000 },
          { of: 'p99', atMost: (intervalMs + 20) * 1000 },
        ]
      : [],
  open,
});

async function open({ entities, shards, bytes, intervalMs }: Options): Promise<OpenLoopSession> {
  const { module, setting } = randomTargets('all-to-all', { entities, shards, bytes, inflight: 0 });
  const session = await openDurableEngine(module, shards, setting, intervalMs);
  const histogram = new LatencyHistogram();
  await session.takeSum();
  const draw = new TargetDraw(entityIds(entities), 0);
  const message = bytes === undefined ? COUNT_ONCE : { ...COUNT_ONCE, body: makeBody(bytes) };
  const load = new CommitLoad(() => session.engine.send('bench/entity', draw.next(), message), histogram);
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
