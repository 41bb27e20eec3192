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
import { type Benchmark, OURS } from '../harness/benchmark.ts';
import { flowRivals, PLAIN_LOOP } from '../rival/flow-rivals.ts';
import { openDurableEngine, openEngine } from './engine-flow.ts';
import { flowContender, type FlowSetting } from './flow-contender.ts';
import { bodyText, randomTargets } from './random-targets.ts';

const INTERVAL_MS = 100;
const IN_MEMORY = `${OURS}, in memory only`;

export const allToAllDurable: Benchmark = {
  name: 'all-to-all, durable',
  unit: 'messages/s',
  describe(options) {
    const { entities, inflight, shards, intervalMs = INTERVAL_MS } = options;
    const count = (value: number): string => value.toLocaleString('en-US');
    return `${count(entities)} entities, ${shards} shard(s), ${count(inflight)} messages in flight a shard${bodyText(options)}, a checkpoint every ${intervalMs} ms`;
  },
  figures: [
    { rival: PLAIN_LOOP, atLeast: 0.75 },
    { rival: IN_MEMORY, atLeast: 0.8 },
  ],
  contenders(options) {
    const { module, setting } = randomTargets('all-to-all', options);
    const { shards, seconds, intervalMs = INTERVAL_MS } = options;
    const durable = (flow: FlowSetting) => openDurableEngine(module, shards, flow, intervalMs);
    return [
      flowContender(OURS, setting, seconds, durable),
      flowContender(IN_MEMORY, setting, seconds, (flow) => openEngine(module, shards, flow)),
      ...flowRivals(setting, options).filter(({ name }) => name === PLAIN_LOOP),
    ];
  },
};
