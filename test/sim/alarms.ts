/**
 * Delayed messages on an engine that dies, under a clock that jumps. Each keeper has in its state which alarms it has set
 * and not heard of. At every committed cut each of those is in exactly one place: pending as a timer, or in flight as the
 * message that it became; and nothing else is. No alarm comes before its time, twice, or after it was cancelled; and of
 * those that are due at one time the first that was set comes first. Schedules have sent, at each cut, what lies before
 * the time for which they are set next, and have told of each time that they have left out.
 */
import {
  type Context,
  defineFunction,
  defineModule,
  type LatePolicy,
  type Module,
  value,
  type ValueSpec,
} from '../../src/index.ts';
import { MillraceError } from '../../src/sdk/errors.ts';
import type { CommittedCut } from '../../src/testing/committed-cut.ts';
import type { DurableProcess } from '../../src/testing/durable-process.ts';
import { check } from '../../src/testing/violation.ts';
import type { Outside, Workload } from '../../src/testing/workload.ts';
import { KeyedClients, type KeyedMessage } from './keyed-client.ts';
import { type PendingRow, timersOf } from './timer-rows.ts';

interface Alarm {
  readonly uid: number;
  readonly due: number;
  readonly order: number;
  readonly token: string | undefined;
  /** Whether it may be left out when it is late. */
  readonly maySkip: boolean;
  readonly viaBell: boolean;
}

interface Ticker {
  readonly uid: number;
  /** When it was to tick first. */
  readonly first: number;
  readonly late: LatePolicy;
  readonly tickCount: number;
  /** Of how many of its times something is known: that it has ticked, or that it was left out. */
  readonly toldCount: number;
}

type Step =
  | {
      readonly do: 'set';
      readonly uid: number;
      readonly delay: number;
      readonly token?: string;
      readonly maySkip: boolean;
    }
  | { readonly do: 'repeat'; readonly uid: number; readonly late: LatePolicy }
  | { readonly do: 'cancel'; readonly token: string }
  | { readonly do: 'forget' | 'stop' };

type KeeperMessage =
  | { readonly do: 'job'; readonly steps: readonly Step[]; readonly fails: boolean }
  | { readonly do: 'ring'; readonly uid: number }
  | { readonly do: 'tick'; readonly uid: number };

type KeeperState = {
  readonly alarms: ValueSpec<readonly Alarm[]>;
  readonly tickers: ValueSpec<readonly Ticker[]>;
  readonly orders: ValueSpec<number>;
  /** Deleted with the address; what was on its way then still comes. */
  readonly forgotten: ValueSpec<readonly number[]>;
};
type KeeperContext = Context<KeeperState>;

const PLAIN_TYPE = 'alarms/plain';
const SLOW_TYPE = 'alarms/slow';
const BELL_TYPE = 'alarms/bell';
/** Clocks are not set back to before 1970. */
const START_MS = 1_000_000_000;
const TICK_MS = 60_000;
const DELAYS_MS = [0, 0, 1, 1, 5, 50, 500, 500, 20_000, 20_000, 3_600_000, 2 ** 31 + 5];
const JUMPS_MS = [-3_600_000, -5_000, -20, 300, 16_000, 150_000];
const TOLERANCE_MS = 100;
const LATE_POLICIES = ['all', 'latest', 'latest', 'skip'] as const;

export class Alarms implements Workload {
  readonly #outside: Outside;
  readonly #clients: KeyedClients;
  /** What stops all schedules, when everything else has been done. */
  readonly #closing: KeyedClients;
  #process: DurableProcess | undefined;
  #jumpsLeft: number;
  /** The latest time that any clock has shown. */
  #latestMs = 0;
  #uid = 0;

  constructor(outside: Outside) {
    const { prng, setting } = outside;
    const keepers = Array.from({ length: prng.pick([1, 2, 6]) }, (_, index) => ({
      type: prng.pick([PLAIN_TYPE, PLAIN_TYPE, SLOW_TYPE]),
      id: `${prng.pick(['', 'ä'])}${index}`,
    }));
    this.#outside = outside;
    this.#jumpsLeft = prng.pick([0, 0, 2, 8]);
    outside.clock.jump(START_MS);
    const jobs = Array.from({ length: setting.size * 2 }, (_, index): KeyedMessage => {
      const steps = Array.from({ length: 1 + prng.below(4) }, () => this.#step());
      return { key: `job-${index}`, ...prng.pick(keepers), message: { do: 'job', steps, fails: prng.chance(0.05) } };
    });
    this.#clients = new KeyedClients(outside, jobs);
    const stop = { do: 'job', steps: [{ do: 'stop' }], fails: false };
    this.#closing = new KeyedClients(
      outside,
      keepers.map((keeper, index) => ({ key: `stop-${index}`, ...keeper, message: stop })),
    );
  }

  #step(): Step {
    const { prng } = this.#outside;
    const token = `token-${prng.below(4)}`;
    const draw = prng.below(20);
    if (draw === 0) return { do: 'forget' };
    if (draw < 5) return { do: 'cancel', token };
    const uid = this.#uid++;
    if (draw === 5) return { do: 'repeat', uid, late: prng.pick(LATE_POLICIES) };
    const set = { do: 'set', uid, delay: prng.pick(DELAYS_MS), maySkip: prng.chance(0.1) } as const;
    return prng.chance(0.4) ? { ...set, token } : set;
  }

  newModule(): Module {
    const state = {
      alarms: value<readonly Alarm[]>({ initial: [] }),
      tickers: value<readonly Ticker[]>({ initial: [] }),
      orders: value({ initial: 0 }),
      forgotten: value<readonly number[]>({ initial: [] }),
    };
    const work = (ctx: KeeperContext, message: KeeperMessage): void => this.#work(ctx, message);
    const pause = (): Promise<void> => this.#outside.clock.sleep(this.#outside.prng.below(20));
    return defineModule({
      functions: [
        defineFunction({ type: PLAIN_TYPE, state, invoke: work }),
        defineFunction({
          type: SLOW_TYPE,
          state,
          invoke: async (ctx: KeeperContext, message: KeeperMessage) => {
            await pause();
            work(ctx, message);
            await pause();
          },
        }),
        defineFunction({ type: BELL_TYPE, invoke: (ctx, message: KeeperMessage) => ctx.reply(message) }),
      ],
    });
  }

  // -- what a keeper does

  #work(ctx: KeeperContext, message: KeeperMessage): void {
    this.#latestMs = Math.max(this.#latestMs, ctx.now());
    if (message.do === 'job') {
      for (const step of message.steps) this.#carryOut(ctx, step);
      if (message.fails) throw new Error('as ordered');
    } else if (message.do === 'ring') this.#ring(ctx, message.uid);
    else this.#tick(ctx, message.uid);
  }

  #carryOut(ctx: KeeperContext, step: Step): void {
    const { state, self } = ctx;
    if (step.do === 'set') this.#set(ctx, step);
    else if (step.do === 'cancel') this.#cancel(ctx, step.token);
    else if (step.do === 'repeat') {
      const { uid, late } = step;
      const message = { do: 'tick', uid };
      const options = { token: `ticker-${uid}`, late, tolerance: TOLERANCE_MS } as const;
      const first = (Math.floor(ctx.now() / TICK_MS) + 1) * TICK_MS;
      ctx.schedule({ cron: '* * * * *' }, self.type, self.id, message, options);
      state.tickers = [...state.tickers, { uid, first, late, tickCount: 0, toldCount: 0 }];
    } else if (step.do === 'stop') {
      for (const { uid } of state.tickers) check(ctx.cancel(`ticker-${uid}`), () => `ticker ${uid} does not run`);
      this.#forget(ctx, [], state.tickers);
      state.tickers = [];
    } else {
      const { alarms, tickers, forgotten } = state;
      ctx.delete();
      state.forgotten = forgotten;
      this.#forget(ctx, alarms, tickers);
    }
  }

  #forget({ state }: KeeperContext, alarms: readonly Alarm[], tickers: readonly Ticker[]): void {
    state.forgotten = [...state.forgotten, ...[...alarms, ...tickers].map(({ uid }) => uid)];
  }

  #set(ctx: KeeperContext, { uid, delay, token, maySkip }: Extract<Step, { do: 'set' }>): void {
    const { state, self } = ctx;
    const viaBell = uid % 3 === 0;
    const isTaken = token !== undefined && state.alarms.some((alarm) => alarm.token === token);
    const late = maySkip ? ({ late: 'skip', tolerance: TOLERANCE_MS } as const) : {};
    const target = viaBell ? { type: BELL_TYPE, id: `bell-${self.id}` } : self;
    try {
      ctx.sendAfter(delay, target.type, target.id, { do: 'ring', uid }, { token: token && self.type + token, ...late });
    } catch (error) {
      const isDuplicate = error instanceof MillraceError && error.code === 'DUPLICATE_TOKEN';
      check(isDuplicate && isTaken, () => `alarm ${uid} was refused: ${String(error)}`);
      return;
    }
    const alarm = { uid, due: ctx.now() + delay, order: state.orders++, token, maySkip, viaBell };
    state.alarms = [...state.alarms, alarm];
  }

  #cancel(ctx: KeeperContext, token: string): void {
    const { state, self } = ctx;
    if (!ctx.cancel(self.type + token)) return;
    // The last one: earlier ones of this token are on their way.
    const alarm = state.alarms.findLast((one) => one.token === token);
    check(alarm !== undefined, () => `${token} was cancelled, and nobody had set it`);
    state.alarms = state.alarms.filter(({ uid }) => uid !== alarm.uid);
  }

  #ring(ctx: KeeperContext, uid: number): void {
    const { state } = ctx;
    this.#outside.note(uid);
    const alarm = state.alarms.find((one) => one.uid === uid);
    if (alarm === undefined) {
      check(state.forgotten.includes(uid), () => `alarm ${uid} came twice, or was cancelled`);
      state.forgotten = state.forgotten.filter((one) => one !== uid);
      return;
    }
    check(alarm.due <= this.#latestMs, () => `alarm ${uid} came before its time ${alarm.due}`);
    for (const { due, order, viaBell, maySkip, uid: other } of state.alarms) {
      const isBefore = order < alarm.order && due <= alarm.due && viaBell === alarm.viaBell && !maySkip;
      check(!isBefore, () => `alarm ${uid} came before ${other}, which was set and is due before it`);
    }
    state.alarms = state.alarms.filter((one) => one !== alarm);
  }

  #tick({ state, missed }: KeeperContext, uid: number): void {
    this.#outside.note(uid);
    const ticker = state.tickers.find((one) => one.uid === uid);
    if (ticker === undefined) {
      check(state.forgotten.includes(uid), () => `ticker ${uid} has ticked after it was stopped`);
      return;
    }
    const { first, late, toldCount } = ticker;
    const { since, before } = missed ?? { since: first + toldCount * TICK_MS, before: first + toldCount * TICK_MS };
    const isRight =
      since === first + toldCount * TICK_MS && (missed === undefined || (before > since && late !== 'all'));
    check(isRight, () => `ticker ${uid} was told of ${since} to ${before}, after ${toldCount} times from ${first} on`);
    const told = { tickCount: ticker.tickCount + 1, toldCount: toldCount + (before - since) / TICK_MS + 1 };
    state.tickers = state.tickers.map((one) => (one === ticker ? { ...one, ...told } : one));
  }

  // -- the world

  started(process: DurableProcess): void {
    this.#process = process;
  }

  died(): void {
    this.#process = undefined;
    this.#clients.died();
    this.#closing.died();
  }

  step(process: DurableProcess): boolean {
    const { prng, clock } = this.#outside;
    if (this.#jumpsLeft > 0 && prng.chance(0.02)) {
      this.#jumpsLeft--;
      clock.jump(prng.pick(JUMPS_MS));
      return true;
    }
    if (!this.#clients.isDone) return this.#clients.step(process);
    if (!this.#closing.isDone && prng.chance(0.3)) return this.#closing.step(process);
    // Until then all alarms are waited for; no schedule ends before it is stopped.
    const waitMs = this.#nextMs() - clock.now();
    if (!this.#closing.isDone || waitMs <= 0 || waitMs === Number.POSITIVE_INFINITY || prng.chance(0.7)) return false;
    clock.advance(prng.chance(0.5) ? waitMs : 1 + prng.below(waitMs));
    return true;
  }

  /** When the next timer wants something. */
  #nextMs(): number {
    return Math.min(...(this.#process?.engine?.shards.map(({ timers }) => timers.nextMs) ?? []));
  }

  isDone(): boolean {
    this.#latestMs = Math.max(this.#latestMs, this.#outside.clock.now());
    if (!this.#clients.isDone || !this.#closing.isDone) return false;
    // What is being read from the store may be due.
    const shards = this.#process?.engine?.shards ?? [];
    return this.#nextMs() === Number.POSITIVE_INFINITY && !shards.some(({ timers }) => timers.isReading);
  }

  invocationFailed({ code, cause, stack }: MillraceError): void {
    const isOrdered = code === 'INVOCATION_FAILED' && cause instanceof Error && cause.message === 'as ordered';
    check(isOrdered, () => `unexpected failure: ${stack}`);
  }

  known(): ReadonlySet<string> {
    return new Set([...this.#clients.acknowledged, ...this.#closing.acknowledged]);
  }

  // -- checks

  checkCut({ keys, entities, messages, rows }: CommittedCut, known: ReadonlySet<string>): void {
    const committed = new Set(keys);
    for (const key of known) check(committed.has(key), () => `${key} was acknowledged and is lost`);
    const timers = timersOf(rows);
    const inFlight = messages.map(({ message }) => message as KeeperMessage);
    const countOf = (what: 'ring' | 'tick', uid: number): number =>
      inFlight.filter((message) => message.do === what && message.uid === uid).length;
    for (const state of entities.values()) {
      for (const alarm of (state['alarms'] ?? []) as readonly Alarm[])
        checkAlarm(alarm, timers, countOf('ring', alarm.uid));
      for (const ticker of (state['tickers'] ?? []) as readonly Ticker[]) {
        checkTicker(ticker, timers, countOf('tick', ticker.uid));
      }
    }
    for (const [uid] of timers) check(false, () => `timer ${uid} is pending, and nobody knows of it (I6)`);
  }

  checkEnd(cut: CommittedCut): void {
    this.checkCut(cut, this.known());
    check(cut.messages.length === 0, () => `in flight in the end: ${JSON.stringify(cut.messages)}`);
    const left = [...cut.entities.values()].flatMap((state) => (state['alarms'] ?? []) as readonly Alarm[]);
    check(
      left.every(({ maySkip }) => maySkip),
      () => `alarms never came: ${JSON.stringify(left)}`,
    );
  }
}

function checkAlarm({ uid, due, maySkip }: Alarm, timers: Map<number, PendingRow>, inFlightCount: number): void {
  const timer = timers.get(uid);
  timers.delete(uid);
  const count = inFlightCount + (timer === undefined ? 0 : 1);
  check(count === 1 || (maySkip && count === 0), () => `alarm ${uid} is there ${count} times (I6)`);
  check(timer === undefined || timer.dueMs >= due, () => `alarm ${uid} is to come at ${timer?.dueMs}, before ${due}`);
}

function checkTicker(
  { uid, first, late, tickCount, toldCount }: Ticker,
  timers: Map<number, PendingRow>,
  inFlightCount: number,
): void {
  const timer = timers.get(uid);
  timers.delete(uid);
  check(timer !== undefined, () => `ticker ${uid} is not set`);
  const [sentCount, dueCount] = [tickCount + inFlightCount, (timer.dueMs - first) / TICK_MS];
  const isSome = sentCount <= dueCount && (late === 'skip' || sentCount > 0 || dueCount === 0);
  const isRight = late === 'all' ? sentCount === dueCount : isSome;
  // Of what it has skipped it is told with the next one.
  const isTold = inFlightCount > 0 || late === 'skip' ? toldCount <= dueCount : toldCount === dueCount;
  check(isTold, () => `ticker ${uid} was told of ${toldCount} times, not of ${dueCount}`);
  check(isRight, () => `ticker ${uid} has ticked ${sentCount} times, not ${dueCount}`);
}
