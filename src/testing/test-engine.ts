/**
 * The engine as a test holds it: the real shards, rings and coordinator, in memory, on the test's own thread, under a
 * clock that moves only when the test says so. Everything that a call causes has happened when its promise resolves.
 * One test owns it. It never reads sources or writes sinks.
 */
import { setImmediate } from 'node:timers/promises';
import { assert } from '../base/assert.ts';
import { Prng } from '../base/prng.ts';
import { Clients } from '../engine/clients.ts';
import { DeadLetters } from '../engine/dead-letters.ts';
import { Parked } from '../engine/parked.ts';
import { ShardDoor } from '../engine/shard-door.ts';
import { WaitingRoom } from '../engine/waiting-room.ts';
import { routerFailed } from '../io/ingress-pump.ts';
import type { EgressType } from '../sdk/egress.ts';
import { type Duration, readDuration } from '../sdk/duration.ts';
import { describe, MillraceError } from '../sdk/errors.ts';
import type { FunctionType } from '../sdk/function.ts';
import type { IngressType, RouterSend } from '../sdk/ingress.ts';
import { namesOf } from '../sdk/known-fields.ts';
import { checkMessageOptions, OUTSIDE_MESSAGE_OPTIONS, type OutsideMessageOptions } from '../sdk/message-options.ts';
import type { Module } from '../sdk/module.ts';
import type { StateGround } from './entity-states.ts';
import { memoryGround } from './memory-ground.ts';
import { observedModule } from './observed-module.ts';
import { MendedStates } from './mended-states.ts';
import { SimulatedClock } from './simulated-clock.ts';
import { SingleThreadEngine } from './single-thread.ts';
import { TestDrive } from './test-drive.ts';
import { Trace } from './trace.ts';
import {
  checkTestAskOptions,
  fillTestOptions,
  type TestAskOptions,
  type TestEngineOptions,
  type TestSendOptions,
} from './test-engine-options.ts';
import { moduleOf, type ModuleSource, type World } from './world.ts';

const KEY_COUNT_MAX = 100_000;
const SEND_OPTIONS = namesOf<TestSendOptions>('ifExists', 'trace', 'idempotencyKey');

type Target = string | FunctionType<never>;

export class TestEngine extends MendedStates implements AsyncDisposable {
  /** What the `error` event of an engine would tell, in order: of invocations that threw while nobody asked, for instance. */
  readonly errors: MillraceError[] = [];
  /** For modules and tests that want virtual time, or chance from the seed. */
  readonly world: World;
  readonly #module: Module;
  readonly #clock: SimulatedClock;
  readonly #engine: SingleThreadEngine;
  readonly #clients: Clients;
  protected readonly letters: DeadLetters;
  protected readonly parkedAddresses: Parked;
  readonly #ground: StateGround;
  readonly #trace: Trace;
  readonly #drive: TestDrive;
  readonly #throwsFailures: boolean;
  #thrownCount = 0;
  #isStopped = false;

  /** Use `testEngine`. */
  constructor(source: ModuleSource, options: TestEngineOptions) {
    super(() => this.#ground);
    const { shardCount, startTime, seed, failures, patienceMs } = fillTestOptions(options);
    const prng = new Prng(seed);
    const clock = new SimulatedClock(startTime);
    const random = (): number => prng.fraction();
    this.world = {
      now: () => clock.now(),
      random,
      sleep: (duration) => clock.sleep(durationMs(duration)),
      pause: () => setImmediate(),
    };
    this.#clock = clock;
    this.#trace = new Trace(clock);
    this.#module = observedModule(moduleOf(source, this.world), this.#trace, shardCount);
    const hooks = {
      invocationFailed: (error: MillraceError) => void this.errors.push(error),
      egressCrowded: () => {},
    };
    const sizes = { ringCapacityBytes: 1 << 16, creditCount: 1 << 14, mailboxCountMax: 1 << 14 };
    this.#engine = new SingleThreadEngine(this.#module, { ...sizes, shardCount, clock, random }, hooks);
    const { coordinator } = this.#engine;
    const doorHooks = { checkRunning: () => this.#checkRunning(), flush: () => void coordinator.flush() };
    this.#clients = new Clients(coordinator, new WaitingRoom(), KEY_COUNT_MAX, { ...doorHooks, flushSoon: () => {} });
    const door = new ShardDoor(coordinator.requests, new WaitingRoom(), { ...doorHooks, now: () => clock.now() });
    this.letters = new DeadLetters(door, coordinator.directory);
    this.parkedAddresses = new Parked(door);
    this.#ground = memoryGround(this.#engine, clock);
    this.#drive = new TestDrive(this.#engine, clock, patienceMs);
    this.#throwsFailures = failures === 'throw';
  }

  // -- in

  /**
   * Sends a message from outside, as `engine.send`, and resolves when all that it causes has happened. Of messages with
   * the same `idempotencyKey` only the first is sent.
   */
  send<Message>(
    target: FunctionType<Message>,
    id: string,
    message: NoInfer<Message>,
    options?: TestSendOptions,
  ): Promise<void>;
  send(target: string, id: string, message: unknown, options?: TestSendOptions): Promise<void>;
  async send(target: Target, id: string, message: unknown, options?: TestSendOptions): Promise<void> {
    if (options !== undefined) checkMessageOptions('send', options, SEND_OPTIONS);
    const sent = this.#clients.send(target, id, message, true, options?.idempotencyKey, options);
    await Promise.all([sent, this.settle()]);
  }

  /** Sends a message and gives the reply, as `engine.ask`. Rejects with `ASK_TIMED_OUT` when none can come any more. */
  ask<Message, Reply>(
    target: FunctionType<Message, Reply>,
    id: string,
    message: NoInfer<Message>,
    options?: TestAskOptions,
  ): Promise<Reply>;
  ask(target: string, id: string, message: unknown, options?: TestAskOptions): Promise<unknown>;
  async ask(target: Target, id: string, message: unknown, options: TestAskOptions = {}): Promise<unknown> {
    checkTestAskOptions(options);
    const { timeoutMs } = options;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const ask = this.#clients.ask(target, id, message, { replied: resolve, failed: reject }, true, options);
    const timedOut = (why: string): void => {
      const name = typeof target === 'string' ? target : target.type;
      ask.giveUp(new MillraceError('ASK_TIMED_OUT', `No reply from ${name} ${describe(id)} ${why}.`));
    };
    const run = this.settle();
    if (timeoutMs === undefined) run.then(() => timedOut('although nothing is under way any more'), reject);
    else {
      run.catch(reject);
      void this.#clock.sleep(timeoutMs).then(() => timedOut(`within ${timeoutMs} ms of virtual time`));
    }
    return await promise;
  }

  /**
   * Routes records as if this ingress had read them, and resolves when all that they cause has happened. A router that
   * throws sends nothing of its record, and all others go on, as in an engine.
   */
  feed<Record>(ingress: IngressType<Record>, ...records: readonly NoInfer<Record>[]): Promise<void>;
  feed(ingress: string, ...records: readonly unknown[]): Promise<void>;
  async feed(ingress: string | IngressType<unknown>, ...records: readonly unknown[]): Promise<void> {
    this.#checkRunning();
    const type = typeof ingress === 'string' ? ingress : ingress.type;
    const routers = this.#module.routers.filter((router) => router.ingress === type);
    if (routers.length === 0) {
      throw new MillraceError('UNKNOWN_INGRESS', `No router of this module takes records of ${describe(type)}.`);
    }
    const { coordinator } = this.#engine;
    const send: RouterSend = (target: Target, id: string, message: unknown, options?: OutsideMessageOptions): void => {
      if (options !== undefined) checkMessageOptions('send', options, OUTSIDE_MESSAGE_OPTIONS);
      coordinator.send(target, id, message, options);
    };
    for (const [index, record] of records.entries()) {
      for (const router of routers) {
        try {
          coordinator.transact(() => router.route(record, send));
        } catch (cause) {
          this.errors.push(routerFailed(type, index + 1, cause));
        }
      }
    }
    await this.settle();
  }

  // -- time

  /** The virtual clock, in milliseconds since 1970, as `ctx.now()`. */
  now(): number {
    return this.#clock.now();
  }

  /**
   * Lets virtual time pass: all work that falls due happens, in the order of its times and each at its own time. Resolves
   * when all is done that this causes.
   */
  async advance(duration: Duration): Promise<void> {
    this.#checkRunning();
    await this.#drive.advance(durationMs(duration));
    this.#throwFailure();
  }

  /** Sets the clock forward, or back if `ms` is negative. No time passes by that; what is due then happens. */
  async jump(ms: number): Promise<void> {
    this.#checkRunning();
    this.#clock.jump(ms);
    await this.#drive.advance(0);
    this.#throwFailure();
  }

  /** Resolves when nothing moves any more without more virtual time. Rejects when something hangs. */
  async settle(): Promise<void> {
    this.#checkRunning();
    await this.#drive.settle();
    this.#throwFailure();
  }

  #throwFailure(): void {
    const error = this.errors[this.#thrownCount];
    this.#thrownCount = this.errors.length;
    if (error !== undefined && this.#throwsFailures) throw error;
  }

  // -- what has come of it

  /** All records that this egress has got so far. */
  egress<Record>(egress: EgressType<Record>): readonly Record[];
  egress(egress: string): readonly unknown[];
  egress(egress: string | EgressType<never>): readonly unknown[] {
    return [...this.#drive.records[this.#engine.coordinator.directory.egressNumber(egress)]];
  }

  /** What has happened so far, for people: invocations in order, with what they were given and what they sent. */
  trace(): string {
    return this.#trace.lines().join('\n');
  }

  // -- the end

  #checkRunning(): void {
    if (this.#isStopped) throw new MillraceError('ENGINE_STOPPED', 'This test engine was stopped.');
  }

  /** Ends it, and what lives beside its functions, such as connections; whatever still runs is cut off from it. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#clock.forgetSleepers();
    await this.#engine.stopCompanions();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

function durationMs(duration: Duration): number {
  const ms = readDuration(duration);
  assert(ms !== undefined, `${describe(duration)} is not a duration: milliseconds, or text such as "30 days" or "5 s"`);
  return ms;
}

/**
 * Starts an engine for a test, in memory and on this thread. Takes a few milliseconds.
 *
 * @throws MillraceError (as a rejection) `INVALID_OPTION`
 */
export async function testEngine(module: ModuleSource, options: TestEngineOptions = {}): Promise<TestEngine> {
  return new TestEngine(module, options);
}
