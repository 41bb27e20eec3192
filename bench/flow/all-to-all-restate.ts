/**
 * All-to-all against Restate, whose virtual objects send to each other: every message counts at its object and sends one
 * to an object at random, exactly once. Ours has a checkpoint every 100 ms; Restate writes each step to its log. It has
 * fewer messages in flight, since more do not make it faster. The checksum is the sum of all counters, after a reopen or
 * after a kill.
 */
import type { Benchmark } from '../harness/benchmark.ts';
import { RestateRelay } from '../rival/restate/restate-relay.ts';
import { missingRestate, RESTATE, RESTATE_OUTSTANDING_MAX } from '../rival/restate/restate-server.ts';
import { describeDurable, durableContender, INTERVAL_MS } from './all-to-all-durable.ts';
import { flowContender, type FlowSetting } from './flow-contender.ts';

export const allToAllRestate: Benchmark = {
  name: 'all-to-all, Restate',
  unit: 'messages/s',
  describe: ({ entities, inflight, shards, intervalMs = INTERVAL_MS }) =>
    describeDurable({ entities, inflight, shards }, intervalMs),
  figures: [],
  contenders(options) {
    const { entities, inflight, shards, seconds, intervalMs = INTERVAL_MS } = options;
    const ours = durableContender({ entities, inflight, shards }, seconds, intervalMs);
    const setting: FlowSetting = { topology: { kind: 'all-to-all', entities }, chains: RESTATE_OUTSTANDING_MAX };
    const open = () => RestateRelay.open(entities, setting.chains);
    return [ours, { ...flowContender(RESTATE, setting, seconds, open), missing: missingRestate() }];
  },
};
