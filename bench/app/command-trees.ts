/**
 * The command trees of the smoke test: each message from outside grows into a tree of invocations of two functions, one
 * of them asynchronous, with replies, egress records and invocations that fail and leave nothing.
 *
 * ```
 *   main thread: root ──▶ instance ──▶ commands for others ──▶ …       1,000 instances; what must come of it is known
 * ```
 *
 * A rate counts roots, each about ten invocations, until they are committed. The checksum is the sum of what all instances
 * have counted, after a reopen; a model without an engine says what that must be.
 */
import { defineEgress, type Engine } from '../../src/index.ts';
import { Prng } from '../../src/base/prng.ts';
import { TreeGenerator } from '../../test/smoke/tree-generator.ts';
import { idOf, RESULTS_TYPE, type TreeMessage, typeOf, VERIFY } from '../../test/smoke/tree-messages.ts';
import { type Held, Model } from '../../test/smoke/tree-model.ts';
import { SMOKE_OPTIONS } from '../../test/smoke/tree-options.ts';
import type { Benchmark } from '../harness/benchmark.ts';
import { entityCount, type Options } from '../harness/options.ts';
import { appBenchmark, type AppRun } from './app-benchmark.ts';

const INSTANCE_COUNT = 1_000;
/** Failures are reported one by one, which is not what is measured; questions are another benchmark. */
const OPTIONS = { ...SMOKE_OPTIONS, failPr: 0, askPr: 0 };
const PROCESSED = { until: 'processed', timeoutMs: 60_000 } as const;

export const commandTrees: Benchmark = appBenchmark({
  name: 'command-trees',
  unit: 'trees/s',
  describe: (options) =>
    `random trees of commands over ${instanceCount(options).toLocaleString('en-US')} instances, committed`,
  module: () => new URL('../../test/smoke/plain-module.ts', import.meta.url),
  open: (options) => new TreesRun(instanceCount(options)),
});

function instanceCount(options: Options): number {
  return entityCount(options, INSTANCE_COUNT, INSTANCE_COUNT);
}

class TreesRun implements AppRun {
  readonly #instances: number;
  readonly #generator: TreeGenerator;
  readonly #model = new Model();
  readonly egresses = [defineEgress<number>({ type: RESULTS_TYPE, sink: { write() {} } })];

  constructor(instances: number) {
    this.#instances = instances;
    this.#generator = new TreeGenerator(new Prng(6), { ...OPTIONS, numberOfFunctionInstances: instances });
  }

  next(engine: Engine): Promise<void> {
    const root = this.#generator.root();
    this.#model.add(root);
    const message: TreeMessage = { uid: root.uid, commands: root.commands };
    return engine.send(typeOf(root.to), idOf(root.to.instance), message);
  }

  async check(engine: Engine): Promise<{ checksum: string; expected: string }> {
    let sum = 0;
    for (const async of [false, true]) {
      for (let instance = 0; instance < this.#instances; instance++) {
        const held = (await engine.ask(typeOf({ async, instance }), idOf(instance), VERIFY, PROCESSED)) as Held;
        sum += held.count;
      }
    }
    const expected = this.#model.targets().reduce((total, target) => total + this.#model.heldBy(target).count, 0);
    return { checksum: String(sum), expected: String(expected) };
  }
}
