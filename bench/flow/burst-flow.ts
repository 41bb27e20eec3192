/**
 * What one-to-one, fan-in and fan-out have in common: the engine on the module of sources and sinks, against the usual
 * rivals, with as many messages in flight as all-to-all.
 */
import { type Benchmark, OURS } from '../harness/benchmark.ts';
import type { Options } from '../harness/options.ts';
import { flowRivals } from '../rival/flow-rivals.ts';
import { durableText, openFlow } from './engine-flow.ts';
import { flowContender, type FlowSetting } from './flow-contender.ts';
import { inflightWith } from './message-body.ts';
import { bodyText } from './random-targets.ts';
import type { BurstSpec } from './topology.ts';

const MODULE = new URL('./burst-module.ts', import.meta.url);

export interface BurstFlow {
  readonly name: string;
  describe(options: Options): string;
  spec(options: Options): Omit<BurstSpec, 'bytes'>;
}

export function burstFlow({ name, describe, spec }: BurstFlow): Benchmark {
  return {
    name,
    unit: 'messages/s',
    describe: (options) => `${describe(options)}${bodyText(options)}${durableText(options)}`,
    figures: [],
    contenders(options) {
      const setting = settingFor({ ...spec(options), bytes: options.bytes }, options);
      const open = (whole: FlowSetting) => openFlow(MODULE, options, whole);
      return [flowContender(OURS, setting, options.seconds, open), ...flowRivals(setting, options)];
    },
  };
}

function settingFor(topology: BurstSpec, { inflight, shards }: Options): FlowSetting {
  const messageCount = inflightWith(topology.bytes, inflight * shards);
  return { topology, chains: Math.max(1, Math.round(messageCount / topology.burst)) };
}
