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
import { bodyText, type ModuleFlow } from './random-targets.ts';
import type { BurstSpec } from './topology.ts';

const MODULE = new URL('./burst-module.ts', import.meta.url);

export type BurstFlowSpec = Omit<BurstSpec, 'bytes'>;
type BurstSizes = Pick<Options, 'inflight' | 'shards' | 'bytes'>;

export interface BurstFlow {
  readonly name: string;
  describe(options: Options): string;
  spec(options: Options): BurstFlowSpec;
}

export function burstFlow({ name, describe, spec }: BurstFlow): Benchmark {
  return {
    name,
    unit: 'messages/s',
    describe: (options) => `${describe(options)}${bodyText(options)}${durableText(options)}`,
    figures: [],
    contenders(options) {
      const { module, setting } = burstsOf(spec(options), options);
      const open = (whole: FlowSetting) => openFlow(module, options, whole);
      return [flowContender(OURS, setting, options.seconds, open), ...flowRivals(setting, options)];
    },
  };
}

export function burstsOf(spec: BurstFlowSpec, { inflight, shards, bytes }: BurstSizes): ModuleFlow {
  const messageCount = inflightWith(bytes, inflight * shards);
  const chains = Math.max(1, Math.round(messageCount / spec.burst));
  return { module: MODULE, setting: { topology: { ...spec, bytes }, chains } };
}
