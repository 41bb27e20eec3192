/**
 * All-to-all: the work that the engine is built for, and its main figure.
 *
 * ```
 *   ┌ shard 0 ──────────┐           ┌ shard 1 ──────────┐
 *   │ entity   entity ──┼──────────▶│ entity   entity   │     100,000 entities, 2,000 messages in flight a shard
 *   │   ▲        │      │           │   │        ▲      │
 *   │   └────────┘      │◀──────────┼───┘        └──────┤     each message counts at its entity and sends one
 *   │     local, no ring│   ring    │                   │     to an entity drawn at random, until its hops are used up
 *   └───────────────────┘           └───────────────────┘
 * ```
 *
 * Rivals, on the same ids, messages and random sequence: a plain loop in one thread (messages by reference, nothing
 * encoded); the same mesh over `postMessage`, with one message a post and with up to 1,000; and the engine itself with
 * one shard, and with more shards than cores. The checksum is the sum of all counters.
 */
import { type Benchmark, type Contender, type Figure, OURS } from '../harness/benchmark.ts';
import type { Options } from '../harness/options.ts';
import { flowLimits } from '../rival/flow-limits.ts';
import { flowRivals, MESH_BATCHED, MESH_SINGLE, PLAIN_LOOP } from '../rival/flow-rivals.ts';
import { durableText, openFlow } from './engine-flow.ts';
import { flowContender } from './flow-contender.ts';
import { bodyText, randomTargets } from './random-targets.ts';

/** More shards than the machines that this is run on have cores. */
const MANY_SHARDS = 8;

const IN_MEMORY_FIGURES: readonly Figure[] = [
  { rival: PLAIN_LOOP, atLeast: 0.9 },
  { rival: MESH_SINGLE, atLeast: 5 },
  { rival: MESH_BATCHED, atLeast: 1.5 },
  { rival: nameFor(1), atLeast: 1.85 },
  // More shards than cores must not collapse: 0.8 times as fast as two.
  { rival: nameFor(MANY_SHARDS), atMost: 1.25 },
];

export const allToAll: Benchmark = {
  name: 'all-to-all',
  unit: 'messages/s',
  describe(options) {
    const { entities, inflight, shards } = options;
    const count = (value: number): string => value.toLocaleString('en-US');
    return `${count(entities)} entities, ${shards} shard(s), ${count(inflight)} messages in flight a shard${bodyText(options)}${durableText(options)}`;
  },
  // With checkpoints it is another benchmark, `all-to-all, durable`, of which less is required.
  figures: ({ intervalMs }) => (intervalMs === undefined ? IN_MEMORY_FIGURES : []),
  contenders: (options) => [
    engine(OURS, options.shards, options),
    ...flowRivals(randomTargets('all-to-all', options).setting, options),
    ...(options.bytes === undefined ? flowLimits(randomTargets('all-to-all', options).setting, options) : []),
    ...[1, MANY_SHARDS]
      .filter((shards) => shards !== options.shards)
      .map((shards) => engine(nameFor(shards), shards, options)),
  ],
};

function engine(name: string, shards: number, options: Options): Contender {
  const { seconds, entities, inflight, bytes, intervalMs } = options;
  const { module, setting } = randomTargets('all-to-all', { entities, inflight, bytes, shards });
  return flowContender(name, setting, seconds, (flow) => openFlow(module, { shards, intervalMs }, flow));
}

function nameFor(shards: number): string {
  return `${OURS}, ${shards} shard${shards === 1 ? '' : 's'}`;
}
