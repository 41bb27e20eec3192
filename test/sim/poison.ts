/**
 * Poisonous messages: whoever handles one dies, thread and all, at once or behind an await, on an engine whose process dies as well. The model knows
 * how often they may do so: each as often as the setting says in one life of the process, where two of one address may
 * be blamed for one another's first. Then it is a dead letter, whatever is handled beside it, and nothing else ever is
 * one. Somebody outside sends some of them again, as they are or edited, so that they are poisonous no more. At every
 * committed cut each job whose key is committed is in exactly one place.
 */
import { type Context, defineFunction, defineModule, type Module, value, type ValueSpec } from '../../src/index.ts';
import { DeadLetters } from '../../src/engine/dead-letters.ts';
import { ShardDoor } from '../../src/engine/shard-door.ts';
import { WaitingRoom } from '../../src/engine/waiting-room.ts';
import type { MillraceError } from '../../src/sdk/errors.ts';
import { type DeadLetterRow, isDeadLetterKey, messageOf } from '../../src/shard/failing/dead-letters.ts';
import type { CommittedCut } from '../../src/testing/committed-cut.ts';
import type { DurableProcess } from '../../src/testing/durable-process.ts';
import { check } from '../../src/testing/violation.ts';
import type { Outside, Workload } from '../../src/testing/workload.ts';
import { KeyedClients } from './keyed-client.ts';

interface Job {
  readonly uid: number;
  readonly poisonous?: boolean;
  /** Behind its first await, where the function has one. */
  readonly isLate?: boolean;
}

type WorkerContext = Context<{ readonly done: ValueSpec<readonly number[]> }>;

const PLAIN_TYPE = 'poison/plain';
const ASYNC_TYPE = 'poison/async';
const ORDER_COUNT_MAX = 4;

export class Poison implements Workload {
  readonly #outside: Outside;
  readonly #jobs: readonly Job[];
  readonly #clients: KeyedClients;
  readonly #attempts: number;
  /** How many threads have ended at each address in this life of the process. */
  readonly #deaths = new Map<string, number>();
  /** How many poisons each has. */
  readonly #poisonCounts = new Map<string, number>();
  readonly #edited = new Set<number>();
  #violation: string | undefined;
  #ordersLeft: number;
  #openOrders = 0;

  constructor(outside: Outside) {
    const { prng, setting } = outside;
    const addressCount = prng.pick([1, 3, 20]);
    this.#outside = outside;
    this.#attempts = prng.pick([1, 1, 3]);
    this.#ordersLeft = prng.below(ORDER_COUNT_MAX);
    // Two that die by turns need as many lives as the process has, unless each needs few.
    const poisonCount = setting.fatalCount === 2 ? prng.pick([1, 2]) : 1;
    const poisons = new Set(Array.from({ length: poisonCount }, () => prng.below(setting.size)));
    this.#jobs = Array.from({ length: setting.size }, (_, uid) => {
      const poisonous = poisons.has(uid);
      return { uid, poisonous, isLate: poisonous && prng.chance(0.5) };
    });
    const messages = this.#jobs.map((message) => {
      const type = prng.pick([PLAIN_TYPE, ASYNC_TYPE]);
      const id = `ö${prng.below(addressCount)}`;
      const name = `${type} ${id}`;
      if (message.poisonous) this.#poisonCounts.set(name, (this.#poisonCounts.get(name) ?? 0) + 1);
      return { key: `job-${message.uid}`, type, id, message };
    });
    this.#clients = new KeyedClients(outside, messages);
  }

  newModule(): Module {
    const state = { done: value<readonly number[]>({ initial: [] }) };
    const failure = { attempts: this.#attempts, backoff: { initialMs: 1, maxMs: 20 } };
    const plain = defineFunction({
      type: PLAIN_TYPE,
      state,
      failure,
      invoke: (ctx: WorkerContext, job: Job) => this.#work(ctx, job),
    });
    const async = defineFunction({
      type: ASYNC_TYPE,
      state,
      failure,
      invoke: async (ctx: WorkerContext, job: Job) => {
        const { type, id } = ctx.self;
        const kill = job.isLate === true ? this.#outside.aimAtThread(id) : undefined;
        this.#work(ctx, kill === undefined ? job : { uid: job.uid });
        await this.#outside.clock.sleep(this.#outside.prng.below(10));
        kill?.(() => this.#blame(`${type} ${id}`));
      },
    });
    return defineModule({ functions: [plain, async] });
  }

  #work(ctx: WorkerContext, { uid, poisonous }: Job): void {
    this.#outside.note(uid);
    ctx.state.done = [...ctx.state.done, uid];
    if (poisonous !== true) return;
    this.#outside.killThread(() => {
      this.#blame(`${ctx.self.type} ${ctx.self.id}`);
    });
  }

  #blame(name: string): void {
    const count = (this.#deaths.get(name) ?? 0) + 1;
    this.#deaths.set(name, count);
    const countMax = this.#outside.setting.fatalCount * (this.#poisonCounts.get(name) ?? 0);
    if (count > countMax) this.#violation ??= `${name} has ended ${count} threads, of ${countMax} that it may`;
  }

  started(): void {}

  died(): void {
    this.#clients.died();
    // Nobody remembers them.
    this.#deaths.clear();
    this.#openOrders = 0;
  }

  step(process: DurableProcess): boolean {
    check(this.#violation === undefined, () => this.#violation ?? '');
    if (!this.#clients.isDone) return this.#clients.step(process);
    const { engine } = process;
    if (engine === undefined || this.#openOrders > 0 || this.#ordersLeft === 0) return false;
    this.#ordersLeft--;
    this.#openOrders++;
    const { requests } = engine.coordinator;
    const hooks = { checkRunning() {}, flush() {}, now: () => this.#outside.clock.now() };
    // An order of a process that died never ends.
    void this.#order(new DeadLetters(new ShardDoor(requests, new WaitingRoom(), hooks)));
    return true;
  }

  async #order(letters: DeadLetters): Promise<void> {
    if (this.#outside.prng.chance(0.5)) {
      await letters.redrive({});
    } else {
      for await (const { id, message } of letters.list({ limit: 1 })) {
        const { uid } = message as Job;
        this.#edited.add(uid);
        await letters.edit(id, { uid } satisfies Job);
      }
    }
    this.#openOrders = Math.max(0, this.#openOrders - 1);
  }

  isDone(): boolean {
    check(this.#violation === undefined, () => this.#violation ?? '');
    return this.#clients.isDone && this.#ordersLeft === 0 && this.#openOrders === 0;
  }

  get waitsFor(): string {
    return `clients ${this.#clients.isDone}, orders ${this.#ordersLeft} + ${this.#openOrders}`;
  }

  invocationFailed(error: MillraceError): void {
    const isQuarantined = [error, error.cause].some(
      (each) => (each as { code?: unknown } | undefined)?.code === 'MESSAGE_QUARANTINED',
    );
    check(isQuarantined, () => `unexpected failure: ${error.stack}`);
  }

  known(): ReadonlySet<string> {
    return new Set(this.#clients.acknowledged);
  }

  checkCut(cut: CommittedCut, known: ReadonlySet<string>): void {
    const epoch = cut.entry?.epoch ?? 0;
    const committed = new Set(cut.keys);
    for (const key of known) check(committed.has(key), () => `epoch ${epoch}: ${key} was acknowledged and is lost`);
    const places = placesOf(cut);
    for (const { uid, poisonous } of this.#jobs) {
      const found = places.get(uid) ?? [];
      const is = (): string => `epoch ${epoch}: job ${uid} is ${found.join(' and ') || 'nowhere'}`;
      check(found.length === (committed.has(`job-${uid}`) ? 1 : 0), () => `${is()} (I6)`);
      const isRight = poisonous === true ? found[0] !== 'done' || this.#edited.has(uid) : found[0] !== 'a dead letter';
      check(isRight, is);
    }
  }

  checkEnd(cut: CommittedCut): void {
    check(cut.messages.length === 0, () => `in flight in the end: ${JSON.stringify(cut.messages)}`);
  }
}

/** Where each job is to be found. */
function placesOf({ entities, messages, rows }: CommittedCut): Map<number, string[]> {
  const places = new Map<number, string[]>();
  const add = (uid: number, place: string): void => void places.set(uid, [...(places.get(uid) ?? []), place]);
  for (const state of entities.values()) for (const uid of (state['done'] ?? []) as number[]) add(uid, 'done');
  for (const { message } of messages) add((message as Job).uid, 'in flight');
  for (const [key, row] of rows) {
    if (!isDeadLetterKey(key)) continue;
    check((row as DeadLetterRow).error.code === 'MESSAGE_QUARANTINED', () => 'a dead letter of another failure');
    add((messageOf(row as DeadLetterRow) as Job).uid, 'a dead letter');
  }
  return places;
}
