/**
 * The engine that `ask` and `ask, open loop` ask: entities in turns, with bodies by `--bytes`; with a data directory by
 * `--interval`, and what they have counted is then read from there, too.
 */
import type { Engine } from '../../src/index.ts';
import type { Measurement } from '../harness/benchmark.ts';
import { entityCount, type Options } from '../harness/options.ts';
import { Scratch } from '../harness/scratch.ts';
import type { EchoReport, Question } from './echo-module.ts';
import { durableIn, durableText, startBareEngine } from './engine-flow.ts';
import { entityIds } from './entity-ids.ts';
import { isWhole, makeBody } from './message-body.ts';
import { bodyText } from './random-targets.ts';

const MODULE = new URL('./echo-module.ts', import.meta.url);
const ENTITIES = 100;
const REPORT: EchoReport = 'report';
/** A question that waits this long under the largest load is a failure. */
const PROCESSED = { until: 'processed', timeoutMs: 60_000 } as const;

export function echoCount(options: Options): number {
  return entityCount(options, ENTITIES, ENTITIES);
}

/** For the line above a table. */
export function echoText(options: Options): string {
  return `${echoCount(options).toLocaleString('en-US')} entities${bodyText(options)}${durableText(options)}`;
}

/** Question `number`; with a body, if there is to be one. */
export function questionOf(number: number, bytes: number | undefined): Question {
  return bytes === undefined ? { number } : { number, body: makeBody(bytes) };
}

/** The number in an answer, if all of it has come back. */
export function numberIn({ number, body }: Question, bytes: number | undefined): number {
  if (bytes === undefined || (body !== undefined && isWhole(body, bytes))) return number;
  throw new Error(`The answer ${number} has lost some of its ${bytes} bytes.`);
}

export class EchoEngine {
  readonly #ids: readonly string[];
  readonly #start: () => Promise<Engine>;
  readonly #scratch: Scratch | undefined;
  #engine: Engine;
  #askedCount = 0;

  private constructor(ids: readonly string[], engine: Engine, start: () => Promise<Engine>, scratch?: Scratch) {
    this.#ids = ids;
    this.#engine = engine;
    this.#start = start;
    this.#scratch = scratch;
  }

  static async open(options: Options): Promise<EchoEngine> {
    const { shards, bytes, intervalMs } = options;
    const module = new URL(MODULE);
    if (bytes !== undefined) module.searchParams.set('bytes', String(bytes));
    const scratch = intervalMs === undefined ? undefined : new Scratch();
    const start = (): Promise<Engine> => startBareEngine(module, shards, durableIn(scratch, intervalMs));
    return new EchoEngine(entityIds(echoCount(options)), await start(), start, scratch);
  }

  ask(question: Question): Promise<Question> {
    this.#askedCount++;
    const id = this.#ids[question.number % this.#ids.length];
    return this.#engine.ask('bench/echo', id, question, PROCESSED) as Promise<Question>;
  }

  /** Adds what the entities have counted, by what is on disk, to what a measurement has come to. */
  async checked(answered: Pick<Measurement, 'checksum' | 'expected'>): Promise<typeof answered> {
    if (this.#scratch === undefined) return answered;
    await this.#engine.stop();
    this.#engine = await this.#start();
    const counts = await Promise.all(this.#ids.map((id) => this.#engine.ask('bench/echo', id, REPORT, PROCESSED)));
    const kept = counts.reduce((sum: number, count) => sum + Number(count), 0);
    return { checksum: `${answered.checksum} ${kept}`, expected: `${answered.expected} ${this.#askedCount}` };
  }

  async close(): Promise<void> {
    await this.#engine.stop();
    this.#scratch?.remove();
  }
}
