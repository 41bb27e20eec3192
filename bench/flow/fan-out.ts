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
import { burstFlow } from './burst-flow.ts';
import { idOnShard, namedIds } from './entity-ids.ts';

const SINKS = 1_000;

export const fanOut: Benchmark = burstFlow({
  name: 'fan-out',
  describe: ({ entitiesGiven = SINKS }) =>
    `one entity sends to ${entitiesGiven.toLocaleString('en-US')} on all shards in each invocation`,
  spec: ({ shards, entitiesGiven = SINKS }) => ({
    kind: 'bursts',
    sources: [idOnShard('source', 0, shards)],
    sinks: namedIds('sink', entitiesGiven),
    burst: entitiesGiven,
  }),
});
