/**
 * Fan-out: one entity sends to many in one invocation.
 *
 * ```
 *   shard 0                                  all shards
 *                                        ┌──▶ sink 0
 *   source ── bursts of 1,000, one each ─┼──▶ sink 1
 *      ▲                                 │      …
 *      │                                 └──▶ sink 999
 *      └───────────── next, please ◀──────────── whichever sink is last this time
 * ```
 *
 * Rivals: the plain loop and the mesh over `postMessage`. The checksum is the sum of all counters.
 */
import type { Benchmark } from '../harness/benchmark.ts';
import { entityCount, type Options } from '../harness/options.ts';
import { burstFlow } from './burst-flow.ts';
import { idOnShard, namedIds } from './entity-ids.ts';

const SINKS = 1_000;

export const fanOut: Benchmark = burstFlow({
  name: 'fan-out',
  describe: (options) =>
    `one entity sends to ${sinkCount(options).toLocaleString('en-US')} on all shards in each invocation`,
  spec: (options) => ({
    kind: 'bursts',
    sources: [idOnShard('source', 0, options.shards)],
    sinks: namedIds('sink', sinkCount(options)),
    burst: sinkCount(options),
  }),
});

function sinkCount(options: Options): number {
  return entityCount(options, SINKS, SINKS);
}
