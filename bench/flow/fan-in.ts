/**
 * Fan-in: many sources, one entity that gets everything and is the bottleneck.
 *
 * ```
 *   all shards               last shard
 *   source 0 ──┐
 *   source 1 ──┼── bursts of 10 ──▶ sink
 *      …       │                      │
 *   source 99 ─┘ ◀── next, please ────┘
 * ```
 *
 * Rivals: the plain loop and the mesh over `postMessage`. The checksum is the sum of all counters.
 */
import type { Benchmark } from '../harness/benchmark.ts';
import { burstFlow } from './burst-flow.ts';
import { idOnShard, namedIds } from './entity-ids.ts';

const SOURCES = 100;

export const fanIn: Benchmark = burstFlow({
  name: 'fan-in',
  describe: ({ entitiesGiven = SOURCES }) => `${entitiesGiven} entities on all shards send bursts of 10 to one`,
  spec: ({ shards, entitiesGiven = SOURCES }) => ({
    kind: 'bursts',
    sources: namedIds('source', entitiesGiven),
    sinks: [idOnShard('sink', shards - 1, shards)],
    burst: 10,
  }),
});
