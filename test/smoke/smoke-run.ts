/**
 * The smoke test on real threads: command trees go in by `send` and `ask`, results come out by egress and by asking every
 * instance for what it holds, and all of it must be what the model says. `expected` counts what was compared.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Prng } from '../../src/base/prng.ts';
import { type Engine, MillraceError, startEngine } from '../../src/index.ts';
import { nameOf, type Root, type Target, TreeGenerator } from './command-tree.ts';
import { idOf, RESULTS_TYPE, typeOf, VERIFY } from './tree-messages.ts';
import { type Held, lineOf, Model } from './tree-model.ts';
import { type TreeOptions, WHOLE_OPTIONS } from './tree-options.ts';

/** So long schedules that come every second may take, each after the one before it. */
const SCHEDULES_MS_MAX = 60_000;

export interface SmokeOptions {
  readonly seed: number;
  readonly messageCount: number;
  readonly shardCount: number;
  readonly ringCapacityBytes: number;
  readonly trees?: Partial<TreeOptions>;
}

export interface SmokeReport {
  readonly invocationCount: number;
  readonly egressCount: number;
  readonly failureCount: number;
  readonly answerCount: number;
  readonly seconds: number;
  /** What did not come out as the model says; empty if all is well. */
  readonly differences: readonly string[];
}

export async function runSmoke(options: SmokeOptions): Promise<SmokeReport> {
  const trees = { ...WHOLE_OPTIONS, ...options.trees };
  const generator = new TreeGenerator(new Prng(options.seed), trees);
  const { shardCount, ringCapacityBytes } = options;
  const module = new URL('./tree-module.ts', import.meta.url);
  const engine = await startEngine({ module, shardCount, ringCapacityBytes });
  try {
    const driver = new Driver(engine);
    const startedAt = performance.now();
    for (let index = 0; index < options.messageCount; index++) await driver.enter(generator.root());
    await driver.finish();
    const seconds = (performance.now() - startedAt) / 1000;
    await driver.verify(trees.numberOfFunctionInstances);
    return { ...driver.report(), seconds };
  } finally {
    await engine.stop();
  }
}

class Driver {
  readonly #engine: Engine;
  readonly #model = new Model();
  readonly #asks: Promise<void>[] = [];
  readonly #egress: number[] = [];
  readonly #differences: string[] = [];
  #failureCount = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
    engine.egress<number>({ type: RESULTS_TYPE }, (uid) => void this.#egress.push(uid));
    engine.on('error', (error) => this.#failed(error));
  }

  async enter(root: Root): Promise<void> {
    this.#model.add(root);
    const message = { uid: root.uid, commands: root.commands };
    const [type, id] = [typeOf(root.to), idOf(root.to.instance)];
    if (root.asked) this.#asks.push(this.#ask(root.uid, this.#engine.ask(type, id, message, { timeoutMs: 60_000 })));
    else await this.#engine.send(type, id, message);
  }

  async finish(): Promise<void> {
    await Promise.all(this.#asks);
    await this.#engine.drained();
    // Schedules that have not come yet are not in flight; each is followed by an egress record.
    for (
      let waitedMs = 0;
      this.#egress.length < this.#model.egress.length && waitedMs < SCHEDULES_MS_MAX;
      waitedMs += 50
    ) {
      await sleep(50);
      await this.#engine.drained();
    }
  }

  async verify(instances: number): Promise<void> {
    const targets = Array.from({ length: instances }, (_, instance) =>
      [false, true].map((async) => ({ async, instance })),
    );
    const others = this.#model.targets().filter(({ instance }) => instance >= instances);
    await Promise.all([...targets.flat(), ...others].map((target) => this.#verify(target)));
    this.#compare(
      'egress records',
      this.#egress.toSorted(byNumber).join(),
      this.#model.egress.toSorted(byNumber).join(),
    );
    this.#compare('failures', this.#failureCount, this.#model.failureCount);
  }

  report(): Omit<SmokeReport, 'seconds'> {
    return {
      invocationCount: this.#model.invocationCount,
      egressCount: this.#egress.length,
      failureCount: this.#failureCount,
      answerCount: this.#asks.length,
      differences: this.#differences,
    };
  }

  async #verify(target: Target): Promise<void> {
    const held = (await this.#engine.ask(typeOf(target), idOf(target.instance), VERIFY)) as Held;
    this.#compare(nameOf(target), lineOf(held), this.#model.line(target));
  }

  async #ask(uid: number, reply: Promise<unknown>): Promise<void> {
    const answer = await reply.catch((error: unknown) => (isAsOrdered(error) ? undefined : error));
    const allowed = this.#model.answers.get(uid) ?? [];
    if (allowed.includes(answer as number)) return;
    this.#differences.push(`ask ${uid} got ${String(answer)}, not one of ${allowed.join()}`);
  }

  #failed(error: MillraceError): void {
    this.#failureCount++;
    if (!isAsOrdered(error)) this.#differences.push(String(error));
  }

  #compare(what: string, actual: unknown, expected: unknown): void {
    if (actual !== expected) this.#differences.push(`${what}: ${String(actual)} instead of ${String(expected)}`);
  }
}

function isAsOrdered(error: unknown): boolean {
  return error instanceof MillraceError && error.cause instanceof Error && error.cause.message === 'as ordered';
}

function byNumber(a: number, b: number): number {
  return a - b;
}
