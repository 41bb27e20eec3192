/**
 * All-to-all, exactly once, under load from outside: from the intended time of a send until its committed record has left
 * through an egress. On the way it has been counted by two entities drawn at random.
 *
 * ```
 *   ┌ main thread ──┐          ┌ shards ─────────────┐
 *   │ due: send, …  ┼──ring───▶│ entity ──▶ entity   │     100,000 entities, a checkpoint every 100 ms
 *   │ egress ◀──────┼── when committed ◀─────┘       │
 *   └───────────────┘          └─────────────────────┘
 * ```
 *
 * A record leaves only when the checkpoint that contains it is committed, so half an interval is the least that the median
 * can be. The checksum is the sum of all counters after a reopen.
 */
import type { Benchmark } from '../harness/benchmark.ts';
import type { Options } from '../harness/options.ts';
import { Scratch } from '../harness/scratch.ts';
import { openLoopBenchmark, type OpenLoopSession } from '../open-loop/open-loop.ts';
import { entityIds, TargetDraw } from './entity-ids.ts';
import { bodyText } from './random-targets.ts';
import { RelayLoad } from './relay-load.ts';

const INTERVAL_MS = 100;

export const allToAllOpenLoop: Benchmark = openLoopBenchmark({
  name: 'all-to-all, open loop',
  describe: ({ entities, bytes, intervalMs = INTERVAL_MS }) =>
    `${entities.toLocaleString('en-US')} entities, from outside to a committed egress, a checkpoint every ${intervalMs} ms${bodyText({ bytes })}`,
  firstCount: 2_000,
  // One interval and 5 ms, one interval and 50 ms.
  limits: ({ bytes, intervalMs = INTERVAL_MS }) =>
    bytes === undefined
      ? [
          { of: 'p99', atMost: (intervalMs + 5) * 1000 },
          { of: 'p99.99, µs', atMost: (intervalMs + 50) * 1000 },
        ]
      : [],
  open,
});

async function open({ shards, entities, bytes, intervalMs = INTERVAL_MS }: Options): Promise<OpenLoopSession> {
  const ids = entityIds(entities);
  const targets = new TargetDraw(ids, 0);
  const durable = { scratch: new Scratch(), intervalMs };
  const draw = (): { first: string; next: string } => ({ first: targets.next(), next: targets.next() });
  const load = new RelayLoad({ shards, ids, draw, durable, bytes });
  return await (await load.open()).begun();
}
