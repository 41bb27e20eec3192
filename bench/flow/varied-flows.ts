/**
 * All-to-all in other clothes: some keys hotter than others, messages larger, and the way a pipeline.
 *
 * ```
 *   hot-key            target by Zipf's law, 0.99: of 100,000 entities one gets 8 % of all messages
 *   large-messages     a body of 1 KiB, 64 KiB or 1 MiB in each message
 *   pipeline           stage 1 ─▶ 2 ─▶ 3 ─▶ 4 ─▶ 5, in 1,000 lanes whose stages live anywhere
 * ```
 *
 * In memory. Rivals: those of all flows. The checksum is the sum of all counters; a message whose body is not what was
 * sent is not counted.
 */
import { type Benchmark, OURS } from '../harness/benchmark.ts';
import type { Options } from '../harness/options.ts';
import { flowRivals } from '../rival/flow-rivals.ts';
import { openEngine } from './engine-flow.ts';
import { flowContender, type FlowSetting } from './flow-contender.ts';

const KiB = 1024;
const PIPELINE_WIDTH = 1_000;
/** Bytes of bodies that are under way at the same time. */
const INFLIGHT_BYTES = 32 << 20;
const LARGE_ENTITIES = 1_000;

interface VariedFlow {
  readonly name: string;
  readonly module: URL;
  describe(options: Options): string;
  setting(options: Options): FlowSetting;
}

function variedFlow({ name, module, describe, setting }: VariedFlow): Benchmark {
  return {
    name,
    unit: 'messages/s',
    describe,
    figures: [],
    contenders(options) {
      const whole = setting(options);
      const ours = flowContender(OURS, whole, options.seconds, (flow) => openEngine(module, options.shards, flow));
      return [ours, ...flowRivals(whole, options)];
    },
  };
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

export const hotKey: Benchmark = variedFlow({
  name: 'hot-key',
  module: new URL('./hot-key-module.ts', import.meta.url),
  describe: ({ entities }) => `all-to-all among ${count(entities)} entities, drawn by Zipf's law with 0.99`,
  setting: ({ entities, inflight, shards }) => ({
    topology: { kind: 'hot-key', entities },
    chains: inflight * shards,
  }),
});

export const pipeline: Benchmark = variedFlow({
  name: 'pipeline',
  module: new URL('./pipeline-module.ts', import.meta.url),
  describe: () => `five functions one after the other, in ${count(PIPELINE_WIDTH)} lanes`,
  setting: ({ inflight, shards, size }) => ({
    topology: { kind: 'pipeline', width: size === 'smoke' ? 10 : PIPELINE_WIDTH },
    chains: inflight * shards,
  }),
});

export const largeMessages: readonly Benchmark[] = [KiB, 64 * KiB, KiB * KiB].map((byDefault) =>
  variedFlow({
    name: `large-messages, ${byDefault < KiB * KiB ? `${byDefault / KiB} KiB` : '1 MiB'}`,
    module: new URL('./large-module.ts', import.meta.url),
    describe: ({ bytes = byDefault }) =>
      `all-to-all among ${count(LARGE_ENTITIES)} entities, ${count(bytes)} bytes each`,
    setting: ({ bytes = byDefault, inflight, shards }) => ({
      topology: { kind: 'large', entities: LARGE_ENTITIES, bytes },
      chains: Math.max(1, Math.min(inflight * shards, Math.floor(INFLIGHT_BYTES / bytes))),
    }),
  }),
);
