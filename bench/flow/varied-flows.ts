/**
 * All-to-all in other clothes: some keys hotter than others, messages larger, and the way a pipeline.
 *
 * ```
 *   hot-key            target by Zipf's law, 0.99: of 100,000 entities one gets 8 % of all messages
 *   large-messages     a body of 1 KiB, 64 KiB or 1 MiB in each message
 *   pipeline           stage 1 ─▶ 2 ─▶ 3 ─▶ 4 ─▶ 5, in 1,000 lanes whose stages live anywhere
 * ```
 *
 * In memory unless `--interval` is given. Rivals: those of all flows. The checksum is the sum of all counters; a message whose body is not what was
 * sent is not counted.
 */
import { type Benchmark, OURS } from '../harness/benchmark.ts';
import { entityCount, type Options } from '../harness/options.ts';
import { flowRivals } from '../rival/flow-rivals.ts';
import { durableText, openFlow } from './engine-flow.ts';
import { flowContender } from './flow-contender.ts';
import { inflightWith } from './message-body.ts';
import { bodyText, type ModuleFlow, randomTargets } from './random-targets.ts';

const KiB = 1024;
const PIPELINE_WIDTH = 1_000;
const SMOKE_PIPELINE_WIDTH = 10;
const LARGE_ENTITIES = 1_000;

interface VariedFlow {
  readonly name: string;
  describe(options: Options): string;
  flow(options: Options): ModuleFlow;
}

function variedFlow({ name, describe, flow }: VariedFlow): Benchmark {
  return {
    name,
    unit: 'messages/s',
    describe: (options) => `${describe(options)}${durableText(options)}`,
    figures: [],
    contenders(options) {
      const { module, setting } = flow(options);
      const ours = flowContender(OURS, setting, options.seconds, (whole) => openFlow(module, options, whole));
      return [ours, ...flowRivals(setting, options)];
    },
  };
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

export const hotKey: Benchmark = variedFlow({
  name: 'hot-key',
  describe: (options) =>
    `all-to-all among ${count(options.entities)} entities, drawn by Zipf's law with 0.99${bodyText(options)}`,
  flow: (options) => randomTargets('hot-key', options),
});

export const pipeline: Benchmark = variedFlow({
  name: 'pipeline',
  describe: (options) =>
    `five functions one after the other, in ${count(laneCount(options))} lanes${bodyText(options)}`,
  flow(options) {
    const { inflight, shards, bytes } = options;
    const width = laneCount(options);
    return {
      module: new URL('./pipeline-module.ts', import.meta.url),
      setting: { topology: { kind: 'pipeline', width, bytes }, chains: inflightWith(bytes, inflight * shards) },
    };
  },
});

export const largeMessages: readonly Benchmark[] = [KiB, 64 * KiB, KiB * KiB].map((byDefault) =>
  variedFlow({
    name: `large-messages, ${byDefault < KiB * KiB ? `${byDefault / KiB} KiB` : '1 MiB'}`,
    describe: (options) =>
      `all-to-all among ${count(largeCount(options))} entities, ${count(options.bytes ?? byDefault)} bytes each`,
    flow(options) {
      const { bytes = byDefault, inflight, shards } = options;
      return randomTargets('all-to-all', { entities: largeCount(options), inflight, shards, bytes });
    },
  }),
);

function laneCount(options: Options): number {
  return entityCount(options, PIPELINE_WIDTH, SMOKE_PIPELINE_WIDTH);
}

function largeCount(options: Options): number {
  return entityCount(options, LARGE_ENTITIES, LARGE_ENTITIES);
}
