/**
 * The smoke test on real threads: command trees go in by `send` and `ask`, results come out by egress and by asking every
 * instance for what it holds, and all of it must be what the model says. `expected` counts what was compared.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Prng } from '../../src/base/prng.ts';
import { type AsyncResult, type Engine, isAsyncResult, MillraceError, startEngine } from '../../src/index.ts';
import { nameOf, type Root, type Target } from './command-tree.ts';
import { TreeGenerator } from './tree-generator.ts';
import {
  idOf,
  messageOf,
  NOBODY_TYPE,
  NURSE_TYPE,
  optionsOf,
  ORDERED,
  RESULTS_TYPE,
  STUMBLED,
  type TreeMessage,
  type TreeReport,
  typeOf,
  VERIFY,
} from './tree-messages.ts';
import { lineOf, Model } from './tree-model.ts';
import { type TreeOptions, WHOLE_OPTIONS } from './tree-options.ts';

/** After so many roots, and then after so long, what has stumbled is let go on. */
const MENDED_COUNT = 1_000;
const MENDED_MS = 20;
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
  const module = new URL(trees.parks ? './parking-module.ts' : './tree-module.ts', import.meta.url);
  const engine = await startEngine({ module, shardCount, ringCapacityBytes });
  try {
    const driver = new Driver(engine, trees.attempts);
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
  readonly #model: Model;
  readonly #asks: Promise<void>[] = [];
  readonly #egress: number[] = [];
  readonly #differences: string[] = [];
  #failureCount = 0;
  #enteredCount = 0;

  constructor(engine: Engine, attempts: number) {
    this.#engine = engine;
    this.#model = new Model(attempts);
    engine.egress<number>({ type: RESULTS_TYPE }, (uid) => void this.#egress.push(uid));
    engine.on('error', (error) => this.#failed(error));
  }

  async enter(root: Root): Promise<void> {
    this.#model.add(root);
    const message = messageOf(root);
    const [type, id] = [typeOf(root.to), idOf(root.to.instance)];
    const options = { timeoutMs: 60_000, ...optionsOf(root) };
    if (root.asked) this.#asks.push(this.#ask(root.uid, this.#engine.ask(type, id, message, options)));
    else await this.#engine.send(type, id, message, optionsOf(root));
    if (++this.#enteredCount % MENDED_COUNT === 0) await this.#mend();
  }

  /** What has stumbled goes on. Returns how many there were. */
  async #mend(): Promise<number> {
    const { deadLetters, parked } = this.#engine;
    const unparked = await parked.unpark({});
    const { count } = await deadLetters.redrive({ error: STUMBLED });
    return count + unparked;
  }

  async #drain(): Promise<void> {
    do await this.#engine.drained();
    while ((await this.#mend()) > 0);
  }

  async finish(): Promise<void> {
    const answered = Promise.all(this.#asks).then(() => true);
    while (!(await Promise.race([answered, sleep(MENDED_MS, false)]))) await this.#mend();
    await this.#drain();
    // Schedules that have not come yet are not in flight; each is followed by an egress record.
    for (
      let waitedMs = 0;
      this.#egress.length < this.#model.egress.length && waitedMs < SCHEDULES_MS_MAX;
      waitedMs += 50
    ) {
      await sleep(50);
      await this.#drain();
    }
    // What follows upon the last of them.
    await this.#drain();
  }

  async verify(instances: number): Promise<void> {
    const targets = Array.from({ length: instances }, (_, instance) =>
      [false, true].map((async) => ({ async, instance })),
    );
    const others = this.#model.targets().filter(({ instance }) => instance >= instances);
    await Promise.all([...targets.flat(), ...others].map((target) => this.#verify(target)));
    await Promise.all(targets.map((_, instance) => this.#verifyNurse(instance)));
    await this.#verifyFailed();
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
    const held = (await this.#engine.ask(typeOf(target), idOf(target.instance), VERIFY)) as TreeReport;
    this.#compare(`schedules of ${nameOf(target)} that have not come`, held.openCount, 0);
    this.#compare(nameOf(target), lineOf(held), this.#model.line(target));
  }

  async #verifyNurse(instance: number): Promise<void> {
    const told = await this.#engine.ask(NURSE_TYPE, idOf(instance), VERIFY);
    this.#compare(`nurse ${instance}`, told, this.#model.toldAt(instance));
  }

  async #verifyFailed(): Promise<void> {
    const failed: number[] = [];
    for await (const { message } of this.#engine.deadLetters.list()) {
      const told = message as TreeMessage | AsyncResult<TreeMessage>;
      failed.push(isAsyncResult(told) ? told.metadata.uid : told.uid);
    }
    this.#compare('dead letters', failed.toSorted(byNumber).join(), this.#model.failed.toSorted(byNumber).join());
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
  if (!(error instanceof MillraceError)) return false;
  if (error.code === 'UNKNOWN_TARGET') return error.details['type'] === NOBODY_TYPE;
  return error.cause instanceof Error && [ORDERED, STUMBLED].includes(error.cause.message);
}

function byNumber(a: number, b: number): number {
  return a - b;
}
