/**
 * Operations that nobody waits for, on an engine that dies. Each worker keeps in its state which operations it has begun
 * and not heard of. At every committed cut that must be exactly those of which one message is in flight to it, whether
 * it says how they ended or that nobody knows: one for each, neither none nor two. And nobody is ever told of one that it
 * has heard of, or that an invocation had begun which failed. Some invocations outlast their deadline: each of them
 * either is given up, and a dead letter, or has done all that it does.
 */
import { once } from 'node:events';
import {
  type AsyncResult,
  type Context,
  defineFunction,
  defineModule,
  isAsyncResult,
  type Module,
  value,
  type ValueSpec,
} from '../../src/index.ts';
import type { MillraceError } from '../../src/sdk/errors.ts';
import type { CommittedCut } from '../../src/testing/committed-cut.ts';
import type { DurableProcess } from '../../src/testing/durable-process.ts';
import { deadLettersOf } from '../../src/testing/dead-letters.ts';
import { check } from '../../src/testing/violation.ts';
import type { Outside, Workload } from '../../src/testing/workload.ts';
import { KeyedClients } from './keyed-client.ts';

interface Job {
  readonly uid: number;
  /** How each of its operations ends. */
  readonly ends: readonly ('value' | 'error' | 'function')[];
  /** How many more operations the result of each begins, one after the other. */
  readonly depth: number;
  readonly fails: boolean;
  /** What it does instead of ending in time. */
  readonly hangs: 'until told' | 'a while longer' | 'for ever' | undefined;
}

interface Begun {
  readonly uid: number;
  readonly index: number;
  readonly depth: number;
}

type WorkerState = { readonly open: ValueSpec<readonly string[]>; readonly heardCount: ValueSpec<number> };
type WorkerContext = Context<WorkerState>;

const PLAIN_TYPE = 'ops/plain';
const ASYNC_TYPE = 'ops/async';
const PAUSE_MS_MAX = 20;

export class Operations implements Workload {
  readonly #outside: Outside;
  readonly #jobs: readonly { readonly name: string; readonly job: Job }[];
  readonly #clients: KeyedClients;
  readonly #concurrency: readonly [number | undefined, number | undefined];
  /** Of invocations of the async function. */
  readonly #deadlineMs: number | undefined;

  constructor(outside: Outside) {
    const { prng, setting } = outside;
    const addressCount = prng.pick([1, 2, 10]);
    const failPercent = prng.pick([0, 10]);
    this.#outside = outside;
    this.#deadlineMs = prng.pick([undefined, 5, 40]);
    const hangPercent = this.#deadlineMs === undefined ? 0 : 20;
    this.#concurrency = [prng.pick([undefined, 1, 3]), prng.pick([undefined, 1, 3])];
    this.#jobs = Array.from({ length: setting.size }, (_, uid) => ({
      name: `${prng.pick([PLAIN_TYPE, ASYNC_TYPE])} é${prng.below(addressCount)}`,
      job: {
        uid,
        ends: Array.from({ length: prng.below(4) }, () => prng.pick(['value', 'error', 'function'] as const)),
        depth: prng.below(3),
        fails: prng.below(100) < failPercent,
        hangs:
          prng.below(100) < hangPercent ? prng.pick(['until told', 'a while longer', 'for ever'] as const) : undefined,
      },
    }));
    const messages = this.#jobs.map(({ name, job }) => {
      const [type, id] = name.split(' ') as [string, string];
      return { key: `job-${job.uid}`, type, id, message: job };
    });
    this.#clients = new KeyedClients(outside, messages);
  }

  newModule(): Module {
    const state = { open: value<readonly string[]>({ initial: [] }), heardCount: value({ initial: 0 }) };
    const invoke = (ctx: WorkerContext, message: Job | AsyncResult<Begun>): void => this.#work(ctx, message);
    const [plainCount, asyncCount] = this.#concurrency;
    const plain = defineFunction({ type: PLAIN_TYPE, state, ...bounded(plainCount), invoke });
    const async = defineFunction({
      type: ASYNC_TYPE,
      state,
      ...bounded(asyncCount),
      ...(this.#deadlineMs === undefined ? {} : { deadline: this.#deadlineMs }),
      invoke: async (ctx: WorkerContext, message: Job | AsyncResult<Begun>) => {
        if (!isAsyncResult(message) && message.hangs !== undefined) await this.#hang(ctx, message.hangs);
        await this.#pause();
        this.#work(ctx, message);
        await this.#pause();
      },
    });
    return defineModule({ functions: [plain, async] });
  }

  #pause(): Promise<void> {
    return this.#outside.clock.sleep(this.#outside.prng.below(PAUSE_MS_MAX));
  }

  async #hang({ signal }: WorkerContext, how: NonNullable<Job['hangs']>): Promise<void> {
    if (how === 'for ever') await new Promise(() => {});
    if (!signal.aborted) await once(signal, 'abort');
    if (how === 'until told') throw signal.reason as Error;
  }

  #work(ctx: WorkerContext, message: Job | AsyncResult<Begun>): void {
    if (isAsyncResult(message)) {
      this.#hear(ctx, message);
      return;
    }
    const { uid, ends, depth, fails } = message;
    ends.forEach((end, index) => this.#begin(ctx, { uid, index, depth }, end));
    if (fails) throw new Error('as ordered');
  }

  #begin(ctx: WorkerContext, begun: Begun, end: Job['ends'][number]): void {
    const run = async (): Promise<number> => {
      await this.#pause();
      if (end === 'error') throw new Error('ended badly');
      return begun.uid;
    };
    ctx.state.open = [...ctx.state.open, keyOf(begun)];
    ctx.async(begun, end === 'function' ? run : run());
  }

  #hear(ctx: WorkerContext, result: AsyncResult<Begun>): void {
    const { metadata } = result;
    this.#outside.note(metadata.uid);
    const self = ctx.self;
    check(ctx.caller?.type === self.type && ctx.caller.id === self.id, () => 'a result comes from the address itself');
    check(ctx.state.open.includes(keyOf(metadata)), () => `${self.id} was told of ${keyOf(metadata)} once too often`);
    if (result.status === 'success') check(result.value === metadata.uid, () => 'a value of another operation');
    if (result.status === 'failure') check(result.error.message === 'ended badly', () => result.error.message);
    ctx.state.open = ctx.state.open.filter((key) => key !== keyOf(metadata));
    ctx.state.heardCount++;
    if (metadata.depth > 0) this.#begin(ctx, { ...metadata, depth: metadata.depth - 1 }, 'function');
  }

  started(): void {}

  died(): void {
    this.#clients.died();
  }

  step(process: DurableProcess): boolean {
    return this.#clients.step(process);
  }

  isDone(): boolean {
    return this.#clients.isDone;
  }

  invocationFailed({ code, cause, stack }: MillraceError): void {
    const isOrdered = code === 'INVOCATION_FAILED' && cause instanceof Error && cause.message === 'as ordered';
    const isLate = [code, (cause as MillraceError | undefined)?.code].includes('INVOCATION_OVERDUE');
    check(isOrdered || (isLate && this.#deadlineMs !== undefined), () => `unexpected failure: ${stack}`);
  }

  known(): ReadonlySet<string> {
    return new Set(this.#clients.acknowledged);
  }

  checkCut({ entry, keys, entities, messages, rows }: CommittedCut, known: ReadonlySet<string>): void {
    const committed = new Set(keys);
    for (const key of known) check(committed.has(key), () => `${key} was acknowledged and is lost`);
    const coming = new Map<string, string[]>();
    // A result that could not be heard of in time lies aside.
    const aside = deadLettersOf(rows).map(({ target, message }) => ({ ...target, message }));
    for (const { type, id, message } of [...messages, ...aside]) {
      if (!isAsyncResult(message as AsyncResult<Begun> | Job)) continue;
      const { metadata } = message as AsyncResult<Begun>;
      const name = `${type} ${id}`;
      coming.set(name, [...(coming.get(name) ?? []), keyOf(metadata)]);
    }
    for (const [name, { open }] of entities) {
      const opened = ((open ?? []) as string[]).toSorted().join();
      const inFlight = (coming.get(name) ?? []).toSorted().join();
      check(opened === inFlight, () => `epoch ${entry?.epoch}: ${name} has begun ${opened}; in flight are ${inFlight}`);
      coming.delete(name);
    }
    check(coming.size === 0, () => `epoch ${entry?.epoch}: told without having begun: ${[...coming.keys()].join()}`);
  }

  checkEnd({ entities, messages, rows }: CommittedCut): void {
    check(messages.length === 0, () => `in flight in the end: ${JSON.stringify(messages)}`);
    const due = new Map<string, number>();
    const failed = new Set<number>();
    for (const { target, message } of deadLettersOf(rows)) {
      const name = `${target.type} ${target.id}`;
      const lost = message as Job | AsyncResult<Begun>;
      if (isAsyncResult(lost)) due.set(name, (due.get(name) ?? 0) - lost.metadata.depth - 1);
      else failed.add(lost.uid);
    }
    for (const { name, job } of this.#jobs) {
      const isGivenUp = job.hangs === 'until told' || job.hangs === 'for ever';
      const mustFail = job.fails || (isGivenUp && name.startsWith(ASYNC_TYPE));
      check(!mustFail || failed.has(job.uid), () => `job ${job.uid} was to fail, and is no dead letter`);
      check(mustFail || this.#deadlineMs !== undefined || !failed.has(job.uid), () => `job ${job.uid} failed unasked`);
      if (!failed.has(job.uid)) due.set(name, (due.get(name) ?? 0) + job.ends.length * (job.depth + 1));
    }
    for (const [name, count] of due) {
      const heard = Number(entities.get(name)?.['heardCount'] ?? 0);
      check(heard === count, () => `${name} has heard of ${heard} operations, not of ${count}`);
    }
  }
}

function bounded(concurrency: number | undefined): { concurrency?: number } {
  return concurrency === undefined ? {} : { concurrency };
}

function keyOf({ uid, index, depth }: Begun): string {
  return `${uid}/${index}/${depth}`;
}
