/**
 * One-to-one, under load from outside: from the intended time of a send until the message has been handled by the second
 * of two entities, on another shard than the first.
 *
 * ```
 *   ┌ main thread ──┐          ┌ shard 0 ┐          ┌ last shard ┐
 *   │ due: send, …  ┼──ring───▶│ source ─┼───ring──▶│ sink       │   the clock stops at the sink, in its own thread
 *   └───────────────┘          └─────────┘          └────────────┘
 * ```
 *
 * In memory. The largest load is what the engine takes in from one sender. The checksum is the sum of both counters; with
 * `--interval` the engine is durable, nobody waits for that, and the checksum is taken after a reopen.
 */
import type { Benchmark } from '../harness/benchmark.ts';
import { Scratch } from '../harness/scratch.ts';
import { openLoopBenchmark } from '../open-loop/open-loop.ts';
import { durableText } from './engine-flow.ts';
import { idOnShard } from './entity-ids.ts';
import { bodyText } from './random-targets.ts';
import { RelayLoad } from './relay-load.ts';

export const oneToOneOpenLoop: Benchmark = openLoopBenchmark({
  name: 'one-to-one, open loop',
  describe: (options) =>
    `from the main thread to one entity, and on to one on another shard${bodyText(options)}${durableText(options)}`,
  firstCount: 2_000,
  async open({ shards, bytes, intervalMs }) {
    const first = idOnShard('source', 0, shards);
    const next = idOnShard('sink', shards - 1, shards);
    const stopwatchId = idOnShard('stopwatch', shards - 1, shards);
    const way = { first, next };
    const durable = intervalMs === undefined ? undefined : { scratch: new Scratch(), intervalMs };
    const load = new RelayLoad({ shards, ids: [first, next], draw: () => way, stopwatchId, durable, bytes });
    return await (await load.open()).begun();
  },
});
