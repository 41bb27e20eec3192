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
import { entityCount, type Options } from '../harness/options.ts';
import { burstFlow } from './burst-flow.ts';
import { idOnShard, namedIds } from './entity-ids.ts';

const SOURCES = 100;

export const fanIn: Benchmark = burstFlow({
  name: 'fan-in',
  describe: (options) => `${sourceCount(options)} entities on all shards send bursts of 10 to one`,
  spec: (options) => ({
    kind: 'bursts',
    sources: namedIds('source', sourceCount(options)),
    sinks: [idOnShard('sink', options.shards - 1, options.shards)],
    burst: 10,
  }),
});

function sourceCount(options: Options): number {
  return entityCount(options, SOURCES, SOURCES);
}
