/**
 * Jobs that fail by chance, on an engine that dies: some are tried again after pauses, some become dead letters, which
 * somebody outside sends again, edits or drops, by ids, by a filter or all at once. At every committed cut each job whose key is
 * committed is in exactly one place: done, in flight, or a dead letter; only what was dropped may be nowhere. Every dead
 * letter has its one event. And where attempts never end, or the address is parked, nothing overtakes the message that failed.
 */
import {
  type Address,
  type Context,
  defineFunction,
  defineModule,
  type FailurePolicy,
  functionType,
  type Module,
  type QuarantineEvent,
  value,
  type ValueSpec,
} from '../../src/index.ts';
import { DeadLetters } from '../../src/engine/dead-letters.ts';
import { Parked } from '../../src/engine/parked.ts';
import { ShardDoor } from '../../src/engine/shard-door.ts';
import { WaitingRoom } from '../../src/engine/waiting-room.ts';
import type { MillraceError } from '../../src/sdk/errors.ts';
import { type DeadLetterRow, idOfKey, isDeadLetterKey, messageOf } from '../../src/shard/failing/dead-letters.ts';
import { SECTION_PARKED } from '../../src/store/key-layout.ts';
import type { CommittedCut } from '../../src/testing/committed-cut.ts';
import type { DurableProcess } from '../../src/testing/durable-process.ts';
import { check } from '../../src/testing/violation.ts';
import type { Outside, Workload } from '../../src/testing/workload.ts';
import { KeyedClients } from './keyed-client.ts';

interface Job {
  readonly uid: number;
  readonly edited?: true;
  /** Has the patient relay it, under its next number. */
  readonly relay?: true;
}

interface Numbered {
  readonly number: number;
}

type WorkerState = {
  readonly done: ValueSpec<readonly number[]>;
  readonly sent: ValueSpec<number>;
};
type WorkerContext = Context<WorkerState>;

const PLAIN_TYPE = 'ward/plain';
const ASYNC_TYPE = 'ward/async';
const PATIENT_TYPE = 'ward/patient';
const NURSE_TYPE = 'ward/nurse';

export class Ward implements Workload {
  readonly #outside: Outside;
  readonly #uids: readonly number[];
  readonly #clients: KeyedClients;
  readonly #policy: FailurePolicy;
  /** Where nothing may overtake anything, nor be lost. */
  readonly #patience: FailurePolicy;
  readonly #isSlow: boolean;
  readonly #failPercent: number;
  /** By job, who has to do it. */
  readonly #addresses: readonly string[];
  readonly #dropped = new Set<number>();
  #violation: string | undefined;
  #isHealed = false;
  #isEmpty = false;
  #openOrders = 0;
  /** Orders that are given before all jobs are there. */
  #earlyOrdersLeft: number;

  constructor(outside: Outside) {
    const { prng, setting } = outside;
    const addressCount = prng.pick([1, 3, 20]);
    this.#outside = outside;
    this.#isSlow = prng.chance(0.7);
    this.#failPercent = prng.pick([20, 50, 90]);
    this.#policy = {
      attempts: prng.pick([1, 2, 4]),
      otherwise: prng.pick(['dead-letter', 'dead-letter', 'park']),
      parkedCountMax: prng.pick([1, 3, 1_000]),
      backoff: { initialMs: prng.pick([0, 5, 50]), maxMs: 200, jitter: prng.pick([0, 0.5, 1]) },
    };
    this.#earlyOrdersLeft = prng.below(8);
    const backoff = { initialMs: 1, maxMs: 5 };
    this.#patience = prng.chance(0.5)
      ? { attempts: 1_000_000, backoff }
      : { attempts: prng.pick([1, 2]), backoff, otherwise: 'park', parkedCountMax: 1_000_000 };
    this.#uids = Array.from({ length: setting.size }, (_, uid) => uid);
    const messages = this.#uids.map((uid) => ({
      key: `job-${uid}`,
      type: prng.pick([PLAIN_TYPE, ASYNC_TYPE]),
      id: `ö${prng.below(addressCount)}`,
      message: (prng.chance(0.4) ? { uid, relay: true } : { uid }) satisfies Job,
    }));
    this.#addresses = messages.map(nameOf);
    this.#clients = new KeyedClients(outside, messages);
  }

  newModule(): Module {
    const state = { done: value<readonly number[]>({ initial: [] }), sent: value({ initial: 0 }) };
    const failure = this.#policy;
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
        const { clock, prng, linger } = this.#outside;
        await (prng.chance(0.2) ? linger() : clock.sleep(prng.below(10)));
        this.#work(ctx, job);
      },
    });
    const patient = defineFunction({
      type: PATIENT_TYPE,
      state: { got: value<Readonly<Record<string, number>>>({ initial: {} }) },
      failure: this.#patience,
      invoke: async (ctx, { number }: Numbered) => {
        if (this.#isSlow) await this.#outside.clock.sleep(this.#outside.prng.below(30));
        const from = ctx.caller?.type ?? '';
        const last = ctx.state.got[from] ?? 0;
        if (number !== last + 1) this.#violation ??= `${number} came to ${ctx.self.id} from ${from} after ${last} (I4)`;
        ctx.state.got = { ...ctx.state.got, [from]: number };
        this.#perhapsFail();
      },
    });
    const nurse = defineFunction({
      type: NURSE_TYPE,
      state: { told: value<readonly string[]>({ initial: [] }) },
      invoke: (ctx, { deadLetter }: QuarantineEvent) => {
        if (deadLetter !== undefined) ctx.state.told = [...ctx.state.told, deadLetter];
      },
    });
    const onQuarantine = functionType<QuarantineEvent>(NURSE_TYPE);
    return defineModule({ functions: [plain, async, patient, nurse], onQuarantine });
  }

  #work(ctx: WorkerContext, { uid, relay }: Job): void {
    this.#outside.note(uid);
    ctx.state.done = [...ctx.state.done, uid];
    if (relay === true) ctx.send(PATIENT_TYPE, ctx.self.id, { number: ++ctx.state.sent });
    this.#perhapsFail();
  }

  #perhapsFail(): void {
    if (!this.#isHealed && this.#outside.prng.below(100) < this.#failPercent) throw new Error('as ordered');
  }

  started(): void {}

  died(): void {
    this.#clients.died();
    this.#openOrders = 0;
  }

  step(process: DurableProcess): boolean {
    check(this.#violation === undefined, () => this.#violation ?? '');
    const { prng } = this.#outside;
    if (!this.#clients.isDone && (this.#earlyOrdersLeft === 0 || !prng.chance(0.15)))
      return this.#clients.step(process);
    const { engine } = process;
    if (engine === undefined || this.#openOrders > 0 || this.#isEmpty) return false;
    const { requests, isQuiescent } = engine.coordinator;
    const door = new ShardDoor(requests, new WaitingRoom(), {
      checkRunning() {},
      flush() {},
      now: () => this.#outside.clock.now(),
    });
    const letters = new DeadLetters(door);
    if (this.#clients.isDone) this.#isHealed = true;
    else this.#earlyOrdersLeft--;
    this.#order(letters, new Parked(door), this.#isHealed && isQuiescent);
    return true;
  }

  /** `isLast` says that nothing can fail any more that has not failed yet. */
  #order(letters: DeadLetters, parked: Parked, isLast: boolean): void {
    const { prng, note } = this.#outside;
    this.#openOrders++;
    const run = orderOf(this, this.#isHealed || prng.chance(0.4) ? 'all' : prng.pick(ORDER_KINDS));
    const ended = async (): Promise<void> => {
      const unparkedCount = await this.#unpark(parked);
      const count = (await run(letters)) + unparkedCount;
      note(count);
      this.#openOrders = Math.max(0, this.#openOrders - 1);
      if (isLast && count === 0) this.#isEmpty = true;
    };
    // An order of a process that died never ends.
    void ended();
  }

  /** Lets parked addresses go on, some without the message that failed. */
  async #unpark(parked: Parked): Promise<number> {
    const { prng } = this.#outside;
    if (this.#isHealed || prng.chance(0.5)) return await parked.unpark({});
    for await (const { address } of parked.list()) {
      if (prng.chance(0.7)) continue;
      const isDrop = address.type !== PATIENT_TYPE && prng.chance(0.5);
      // It may have been parked again for another message.
      if (isDrop) for (const uid of this.#uids) if (this.#addresses[uid] === nameOf(address)) this.mayDrop(uid);
      return await parked.unpark(address, { first: isDrop ? 'drop' : 'retry' });
    }
    return 0;
  }

  /** Those whose fate is drawn. */
  async some(letters: DeadLetters): Promise<readonly { readonly id: string; readonly uid: number }[]> {
    const limit = 1 + this.#outside.prng.below(4);
    const some: { id: string; uid: number }[] = [];
    for await (const { id, message } of letters.list({ limit })) some.push({ id, uid: (message as Job).uid });
    return some;
  }

  /** The same for all that a function has to do at ids that end so. */
  mayDropAll(type: string, end: string): void {
    for (const uid of this.#uids) {
      const address = this.#addresses[uid];
      if (address.startsWith(`${type} `) && address.endsWith(end)) this.mayDrop(uid);
    }
  }

  /** From now on it may be nowhere. */
  mayDrop(uid: number): void {
    this.#dropped.add(uid);
  }

  isDone(): boolean {
    check(this.#violation === undefined, () => this.#violation ?? '');
    return this.#clients.isDone && this.#isEmpty && this.#openOrders === 0;
  }

  get waitsFor(): string {
    return `clients ${this.#clients.isDone}, empty ${this.#isEmpty}, orders ${this.#openOrders}`;
  }

  invocationFailed({ code, cause, stack }: MillraceError): void {
    const isOrdered = code === 'INVOCATION_FAILED' && cause instanceof Error && cause.message === 'as ordered';
    check(isOrdered, () => `unexpected failure: ${stack}`);
  }

  known(): ReadonlySet<string> {
    return new Set(this.#clients.acknowledged);
  }

  checkCut(cut: CommittedCut, known: ReadonlySet<string>): void {
    const epoch = cut.entry?.epoch ?? 0;
    const committed = new Set(cut.keys);
    for (const key of known) check(committed.has(key), () => `epoch ${epoch}: ${key} was acknowledged and is lost`);
    const places = placesOf(cut);
    for (const uid of this.#uids) {
      const found = places.get(uid) ?? [];
      const isMissing = committed.has(`job-${uid}`) && found.length === 0 && !this.#dropped.has(uid);
      check(!isMissing, () => `epoch ${epoch}: job ${uid} is nowhere (I6)`);
      check(found.length <= 1, () => `epoch ${epoch}: job ${uid} is ${found.join(' and ')} (I6)`);
    }
    checkEvents(cut, epoch);
  }

  checkEnd(cut: CommittedCut): void {
    check(cut.messages.length === 0, () => `in flight in the end: ${JSON.stringify(cut.messages)}`);
    const places = placesOf(cut);
    for (const uid of this.#uids) {
      const where = places.get(uid)?.[0];
      const isRight = where === 'done' || (where === undefined && this.#dropped.has(uid));
      check(isRight, () => `job ${uid} is ${where ?? 'nowhere'} in the end`);
    }
  }
}

type OrderKind = 'all' | 'filter' | 'sweep' | 'ids' | 'drop' | 'edit';
const ORDER_KINDS = ['filter', 'sweep', 'ids', 'ids', 'drop', 'edit'] as const;

/** What somebody orders; resolves, when that is committed, to how many dead letters it concerned. */
function orderOf(ward: Ward, kind: OrderKind): (letters: DeadLetters) => Promise<number> {
  if (kind === 'all') return async (letters) => (await letters.redrive({})).count;
  if (kind === 'filter')
    return async (letters) => (await letters.redrive({ type: '*async', error: 'as ordered' })).count;
  if (kind === 'sweep') {
    return async (letters) => {
      ward.mayDropAll(PLAIN_TYPE, '0');
      return (await letters.drop({ type: PLAIN_TYPE, id: '*0', error: 'Err?r' })).count;
    };
  }
  return async (letters) => {
    const some = await ward.some(letters);
    if (kind === 'ids') return (await letters.redrive(some.map(({ id }) => id))).count;
    if (kind === 'edit') {
      const edited = (uid: number): Job => ({ uid, edited: true });
      if (some.length === 1) return (await letters.edit(some[0].id, edited(some[0].uid))) ? 1 : 0;
      const ids = some.map(({ id }) => id);
      return (await letters.edit(ids, ({ message }) => edited((message as Job).uid))).count;
    }
    for (const { uid } of some) ward.mayDrop(uid);
    return (await letters.drop(some.map(({ id }) => id))).count;
  };
}

function nameOf({ type, id }: Address): string {
  return `${type} ${id}`;
}

/** Where each job is to be found. */
function placesOf({ entities, messages, rows }: CommittedCut): Map<number, string[]> {
  const places = new Map<number, string[]>();
  const add = (uid: number, place: string): void => void places.set(uid, [...(places.get(uid) ?? []), place]);
  for (const state of entities.values()) for (const uid of (state['done'] ?? []) as number[]) add(uid, 'done');
  for (const { message } of messages as readonly { readonly message: Partial<Job> }[]) {
    if (message.uid !== undefined) add(message.uid, 'in flight');
  }
  for (const [key, row] of rows) {
    const isParked = key.charCodeAt(2) === SECTION_PARKED && Object.hasOwn(row as object, 'message');
    if (!isParked && !isDeadLetterKey(key)) continue;
    const { uid } = messageOf(row as DeadLetterRow) as Partial<Job>;
    if (uid !== undefined) add(uid, isParked ? 'parked' : 'a dead letter');
  }
  return places;
}

/** Every dead letter has been told of, or an event of it is in flight; none has two. */
function checkEvents({ entities, messages, rows }: CommittedCut, epoch: number): void {
  const told: string[] = [];
  for (const state of entities.values()) told.push(...((state['told'] ?? []) as string[]));
  for (const { message } of messages as readonly { readonly message: Partial<QuarantineEvent> }[]) {
    if (message.deadLetter !== undefined) told.push(message.deadLetter);
  }
  for (const key of rows.keys()) {
    if (!isDeadLetterKey(key)) continue;
    const id = idOfKey(key);
    check(told.includes(id), () => `epoch ${epoch}: nobody was told of dead letter ${id} (I6)`);
  }
}
