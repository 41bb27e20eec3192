/**
 * All-to-all with checkpoints: the same work as `all-to-all.ts`, exactly once.
 *
 * ```
 *   ┌ shard 0 ─────────────┐  messages  ┌ shard 1 ─────────────┐
 *   │ 50,000 entities ─────┼───────────▶│ 50,000 entities      │     every 100 ms: marker, cut, dirty entities and
 *   └────────┬─────────────┘            └────────┬─────────────┘     messages in flight to the changelogs, both synced,
 *        changelog ─▶ store                  changelog ─▶ store      then the manifest; in the background, to LevelDB
 * ```
 *
 * Rivals: the plain loop of one thread, in memory and with nothing durable, and the engine itself without a data
 * directory. The checksum is the sum of all counters.
 */
import { type Benchmark, type Contender, OURS } from '../harness/benchmark.ts';
import type { Options } from '../harness/options.ts';
import { flowRivals, PLAIN_LOOP } from '../rival/flow-rivals.ts';
import { openDurableEngine, openEngine } from './engine-flow.ts';
import { flowContender } from './flow-contender.ts';
import { bodyText, randomTargets } from './random-targets.ts';

export const INTERVAL_MS = 100;
const IN_MEMORY = `${OURS}, in memory only`;

export const allToAllDurable: Benchmark = {
  name: 'all-to-all, durable',
  unit: 'messages/s',
  describe: (options) => describeDurable(options, options.intervalMs ?? INTERVAL_MS),
  figures: [
    { rival: PLAIN_LOOP, atLeast: 0.75 },
    { rival: IN_MEMORY, atLeast: 0.8 },
  ],
  contenders(options) {
    const { module, setting } = randomTargets('all-to-all', options);
    const { shards, seconds, intervalMs = INTERVAL_MS } = options;
    return [
      durableContender(options, seconds, intervalMs),
      flowContender(IN_MEMORY, setting, seconds, (flow) => openEngine(module, shards, flow)),
      ...flowRivals(setting, options).filter(({ name }) => name === PLAIN_LOOP),
    ];
  },
};

/** Other rivals than these have messages without bodies only; then ours has no other. */
type Sizes = Pick<Options, 'entities' | 'inflight' | 'shards'> & Partial<Pick<Options, 'bytes'>>;

export function describeDurable(sizes: Sizes, intervalMs: number): string {
  const { entities, inflight, shards, bytes } = sizes;
  const count = (value: number): string => value.toLocaleString('en-US');
  return `${count(entities)} entities, ${shards} shard(s), ${count(inflight)} messages in flight a shard${bodyText({ bytes })}, a checkpoint every ${intervalMs} ms`;
}

/** Ours. */
export function durableContender(sizes: Sizes, seconds: number, intervalMs: number): Contender {
  const { entities, inflight, shards, bytes } = sizes;
  const { module, setting } = randomTargets('all-to-all', { entities, inflight, shards, bytes });
  return flowContender(OURS, setting, seconds, (flow) => openDurableEngine(module, shards, flow, intervalMs));
}
