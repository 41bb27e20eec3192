/**
 * One-to-one: one channel at full load.
 *
 * ```
 *   ┌ shard 0 ┐   bursts of 100    ┌ last shard ┐
 *   │ source ─┼───────ring────────▶│ sink       │
 *   │    ▲    │                    │   │        │
 *   └────┼────┘                    └───┼────────┘
 *        └──────── next, please ◀──────┘          after the last message of each burst
 * ```
 *
 * Source and sink never share a thread (unless there is only one), so every message is encoded and crosses. Rivals: the
 * plain loop, which has nothing to cross, and the mesh over `postMessage`. The checksum is the sum of both counters.
 */
import type { Benchmark } from '../harness/benchmark.ts';
import type { Options } from '../harness/options.ts';
import { burstFlow, type BurstFlowSpec } from './burst-flow.ts';
import { idOnShard } from './entity-ids.ts';

export const oneToOne: Benchmark = burstFlow({
  name: 'one-to-one',
  describe: () => 'one entity sends bursts of 100 to one entity on another shard',
  spec: oneToOneSpec,
});

export function oneToOneSpec({ shards }: Pick<Options, 'shards'>): BurstFlowSpec {
  return {
    kind: 'bursts',
    sources: [idOnShard('source', 0, shards)],
    sinks: [idOnShard('sink', shards - 1, shards)],
    burst: 100,
  };
}
