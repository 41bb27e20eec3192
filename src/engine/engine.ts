/**
 * The engine as a program embeds it: start, send, ask, egress, stop. It runs the coordinator on the calling thread's
 * event loop, hosts one worker thread per shard, and turns whatever goes wrong with any of them into one coded error
 * for everybody who waits.
 */
import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import type { ShardIndex } from '../base/brand.ts';
import { Signal } from '../base/signal.ts';
import { allocateMesh, Mesh, type MeshMemory } from '../channel/mesh.ts';
import { callbackSink } from '../io/egress-pump.ts';
import type { EgressStream } from '../io/egress-stream.ts';
import { COMMAND_STOP } from '../metrics/counters.ts';
import type { EgressType } from '../sdk/egress.ts';
import { describe, MillraceError } from '../sdk/errors.ts';
import type { FunctionType } from '../sdk/function.ts';
import type { Module } from '../sdk/module.ts';
import { Coordinator } from './coordinator.ts';
import { Edges, mergeEdges } from './edges.ts';
import { loadModule } from './load-module.ts';
import { type EngineOptions, type FilledOptions, fillOptions } from './options.ts';
import { ShardHost } from './shard-host.ts';
import { SpillDirectory } from './spill-directory.ts';

/** Messages kept as objects in a shard's mailbox before they are kept encoded. */
const MAILBOX_COUNT_MAX = 32_768;
/** Egress records that wait for their consumer before input is held back. */
const EGRESS_COUNT_MAX = 16_384;
/** Sends that are let go at once. */
const FLUSH_COUNT = 64;
/** How long shards get to end by themselves. */
const END_TIMEOUT_MS = 1_000;
const ASK_TIMEOUT_MS_DEFAULT = 10_000;
/** How long the coordinator sleeps when nobody rings; only a net below the doorbell. */
const PARK_MS = 500;
/** How often a waiting `start`, `drained` or `stop` looks again. */
const POLL_MS = 1;
/** Node's timers wrap above this. */
const TIMEOUT_MS_MAX = 2 ** 31 - 1;

const DONE: Promise<void> = Promise.resolve();

export interface AskOptions {
  /** After this long without a reply the promise rejects with `ASK_TIMED_OUT`. Default 10,000. */
  readonly timeoutMs?: number;
}

export interface StopOptions {
  /** Ends at once, without finishing what is in flight. */
  readonly force?: boolean;
}

/** Events of an engine: `error` for everything that went wrong without anybody waiting for it. */
export interface EngineEvents {
  error: [error: MillraceError];
}

type Phase = 'starting' | 'running' | 'stopping' | 'stopped' | 'failed';

export class Engine implements AsyncDisposable {
  readonly shardCount: number;
  readonly #coordinator: Coordinator;
  readonly #mesh: Mesh;
  readonly #host: ShardHost;
  readonly #edges: Edges;
  readonly #spillDirectory: string;
  readonly #events = new EventEmitter<EngineEvents>();
  /** Everybody who must hear of a failure. */
  readonly #waiters = new Set<(error: MillraceError) => void>();
  /** Those of them who wait for input to be taken or for all of it to be done. */
  readonly #inputWaiters = new Set<(error: MillraceError) => void>();
  /** Why no more input is taken: an egress has failed. */
  #inputFailure: MillraceError | undefined;
  /** Keeps the process alive while the engine runs: waiting on a doorbell alone does not. */
  readonly #keepAlive = setInterval(() => {}, TIMEOUT_MS_MAX);
  #phase: Phase = 'starting';
  #failure: MillraceError | undefined;
  #flushDue = false;
  readonly #forced = new Signal();
  #stopping: Promise<void> | undefined;

  /** Use `startEngine`. */
  constructor(module: Module, options: FilledOptions) {
    const memory = allocateMesh(options.shardCount, options.ringCapacityBytes);
    this.shardCount = options.shardCount;
    this.#mesh = new Mesh(memory, options.shardCount);
    // A folder of its own, which can be removed as a whole when the engine stops.
    this.#spillDirectory = join(options.spillDirectory ?? tmpdir(), `millrace-${randomUUID()}`);
    const coordinatorOptions = {
      storage: new SpillDirectory(join(this.#spillDirectory, 'coordinator')),
      messageBytesMax: options.maxMessageBytes,
      overflowBytesMax: options.overflowBytes,
      egressCountMax: EGRESS_COUNT_MAX,
      development: options.development,
    };
    this.#coordinator = new Coordinator(module, this.#mesh, coordinatorOptions, {
      invocationFailed: (error) => this.#report(error),
      egressCrowded: (type) => this.#edges.crowded(type),
    });
    this.#edges = new Edges(module, this.#coordinator, {
      report: (error) => this.#report(error),
      egressFailed: (error) => this.#closeInput(error),
      wake: () => this.#mesh.ownDoorbell.ring(),
      flush: () => this.#flush(),
    });
    this.#host = new ShardHost(options.shardCount, options.maxHeapMiB);
    this.#startShards(memory, options);
  }

  // -- use

  /**
   * Sends a message from outside. The message is taken (copied) during the call; the promise resolves when the engine
   * would take the next one, which is how back-pressure reaches the caller: await it, or memory and disk fill instead.
   *
   * @throws MillraceError (as a rejection) `UNKNOWN_FUNCTION`, `INVALID_ID`, `MESSAGE_NOT_ENCODABLE`,
   *   `MESSAGE_TOO_LARGE`, `ENGINE_STOPPED` or `SHARD_FAILED`
   */
  send<Message>(target: FunctionType<Message>, id: string, message: NoInfer<Message>): Promise<void>;
  send(target: string, id: string, message: unknown): Promise<void>;
  send(target: string | FunctionType<never>, id: string, message: unknown): Promise<void> {
    try {
      this.#checkRunning();
      this.#coordinator.send(target, id, message);
    } catch (error) {
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- it is what the engine threw, a MillraceError
      return Promise.reject(error);
    }
    if (this.#coordinator.sendCount >= FLUSH_COUNT) this.#flush();
    else this.#flushSoon();
    const admission = this.#coordinator.admission();
    return admission === undefined ? DONE : this.#orFailure(admission);
  }

  /**
   * Sends a message and waits for the reply: what the function passes to `ctx.reply`, or what anybody later sends to the
   * `ctx.caller` of that invocation.
   *
   * @throws MillraceError (as a rejection) `ASK_TIMED_OUT`, `INVOCATION_FAILED` when the invocation throws, and what
   *   `send` throws
   */
  ask<Message, Reply>(
    target: FunctionType<Message, Reply>,
    id: string,
    message: NoInfer<Message>,
    options?: AskOptions,
  ): Promise<Reply>;
  ask(target: string, id: string, message: unknown, options?: AskOptions): Promise<unknown>;
  async ask(
    target: string | FunctionType<never>,
    id: string,
    message: unknown,
    options?: AskOptions,
  ): Promise<unknown> {
    this.#checkRunning();
    const timeoutMs = Math.min(options?.timeoutMs ?? ASK_TIMEOUT_MS_DEFAULT, TIMEOUT_MS_MAX);
    return new Promise((resolve, reject) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#waiters.delete(fail);
      };
      const fail = (error: MillraceError): void => {
        end();
        reject(error);
      };
      const replied = (reply: unknown): void => {
        end();
        resolve(reply);
      };
      const ask = this.#coordinator.ask(target, id, message, { replied, failed: fail });
      const timer = setTimeout(() => {
        this.#coordinator.forget(ask);
        const name = typeof target === 'string' ? target : target.type;
        fail(new MillraceError('ASK_TIMED_OUT', `No reply from ${name} ${describe(id)} within ${timeoutMs} ms.`));
      }, timeoutMs);
      this.#waiters.add(fail);
      // Somebody waits: as soon as the calling code yields.
      queueMicrotask(() => this.#flush());
    });
  }

  /**
   * Consumes an egress that has no sink: as an async iterable, or with a callback whose promise is awaited before the
   * next record. Records that nobody takes hold back the input. All loops over one egress share one stream.
   *
   * @throws MillraceError `UNKNOWN_EGRESS` or `EGRESS_CONSUMED_TWICE`
   */
  egress<Record>(egress: EgressType<Record>): EgressStream<Record>;
  egress(egress: string): EgressStream<unknown>;
  egress<Record>(egress: EgressType<Record>, callback: (record: Record) => void | Promise<void>): void;
  egress(egress: string, callback: (record: unknown) => void | Promise<void>): void;
  egress(
    egress: string | EgressType<never>,
    callback?: (record: never) => void | Promise<void>,
  ): EgressStream<unknown> | void {
    const number = this.#coordinator.directory.egressNumber(egress);
    if (callback === undefined) return this.#edges.stream(number);
    this.#edges.attach(number, callbackSink(callback as (record: unknown) => void | Promise<void>));
  }

  /** Listens to errors that nobody waits for. Without a listener they are emitted as process warnings. */
  on<Name extends keyof EngineEvents>(event: Name, listener: (...values: EngineEvents[Name]) => void): this {
    this.#events.on(event, listener);
    return this;
  }

  off<Name extends keyof EngineEvents>(event: Name, listener: (...values: EngineEvents[Name]) => void): this {
    this.#events.off(event, listener);
    return this;
  }

  // -- end

  /**
   * Resolves when every ingress has come to its end, no message is in flight anywhere, and all sinks and callbacks have
   * taken their records. With an endless ingress that is never.
   */
  async drained(): Promise<void> {
    await this.#orFailure(this.#edges.ingressesEnded());
    await this.#untilQuiescent();
    while (!this.#edges.areDelivered()) {
      if (this.#inputFailure !== undefined) throw this.#inputFailure;
      await this.#poll();
    }
  }

  /**
   * Stops taking input, finishes what is in flight, hands over what is left for egresses, and ends all threads. Calling
   * it again waits for the same end; with `force` it ends at once instead.
   *
   * @throws MillraceError (as a rejection) `SHARD_FAILED` if a shard fails on the way
   */
  async stop(options: StopOptions = {}): Promise<void> {
    if (options.force === true) this.#forced.raise();
    this.#stopping ??= this.#stop(options.force === true);
    await this.#stopping;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #stop(force: boolean): Promise<void> {
    if (this.#phase === 'starting' || this.#phase === 'running') this.#phase = 'stopping';
    this.#edges.closeIngresses();
    // A failure, too, comes in here by force.
    if (!force) await Promise.race([this.#finish().catch(() => {}), this.#forced.next()]);
    await this.#end(force);
    this.#throwFailure();
  }

  /** What an orderly stop waits for. */
  async #finish(): Promise<void> {
    await this.#untilQuiescent();
    await this.#edges.deliverAll();
  }

  async #end(force: boolean): Promise<void> {
    if (this.#phase !== 'failed') this.#phase = 'stopped';
    this.#mesh.counters.order(COMMAND_STOP);
    for (let thread = 0; thread <= this.shardCount; thread++) this.#mesh.doorbell(thread).ring();
    // A shard that is stuck in user code does not end by itself.
    if (!force) await Promise.race([this.#host.ended(), sleep(END_TIMEOUT_MS, undefined, { ref: false })]);
    await this.#host.destroy();
    this.#edges.end(this.#failure);
    const error = this.#failure ?? new MillraceError('ENGINE_STOPPED', 'The engine has stopped.');
    for (const fail of this.#waiters) fail(error);
    rmSync(this.#spillDirectory, { recursive: true, force: true });
    clearInterval(this.#keepAlive);
  }

  // -- inside

  /** Resolves when all shards take messages. */
  async started(): Promise<void> {
    const { counters } = this.#mesh;
    for (let shard = 0; shard < this.shardCount; shard++) while (counters.credit(shard) === 0) await this.#poll();
    if (this.#phase === 'starting') this.#phase = 'running';
    void this.#turn();
    this.#edges.open();
  }

  #startShards(memory: MeshMemory, options: FilledOptions): void {
    for (let shard = 0; shard < this.shardCount; shard++) {
      const task = {
        shard: shard as ShardIndex,
        module: options.module,
        mesh: memory,
        idle: options.idle,
        spillDirectory: join(this.#spillDirectory, `shard-${shard}`),
        messageBytesMax: options.maxMessageBytes,
        overflowBytesMax: options.overflowBytes,
        mailboxCountMax: MAILBOX_COUNT_MAX,
        creditCount: options.creditCount,
        development: options.development,
      };
      this.#host.start(task, (cause) => this.#fail(`Shard ${shard}`, { shard }, cause));
    }
  }

  /** The coordinator's duty cycle, between the turns of the event loop that belong to the embedding program. */
  async #turn(): Promise<void> {
    const { ownDoorbell } = this.#mesh;
    while (this.#phase === 'running' || this.#phase === 'stopping') {
      let workCount = 0;
      this.#guard(() => {
        workCount = this.#coordinator.doWork();
      });
      if (workCount > 0) {
        await turn();
        continue;
      }
      ownDoorbell.declareParked();
      if (this.#coordinator.hasWork) ownDoorbell.rise();
      else await ownDoorbell.parkAsync(PARK_MS);
    }
  }

  /** Sends of one turn of the event loop go out together, unless they are many. */
  #flushSoon(): void {
    if (this.#flushDue) return;
    this.#flushDue = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#flushDue = false;
    this.#guard(() => {
      // What did not fit moves on when a receiver has made room, and nobody rings for that.
      if (this.#coordinator.flush() > 0) this.#mesh.ownDoorbell.ring();
    });
  }

  /** What goes wrong in the coordinator itself, such as a full disk, is a failure like that of a shard. */
  #guard(work: () => void): void {
    try {
      work();
    } catch (cause) {
      this.#fail('The coordinator', {}, cause);
    }
  }

  async #untilQuiescent(): Promise<void> {
    this.#flush();
    while (!this.#coordinator.isQuiescent) await this.#poll();
  }

  async #poll(): Promise<void> {
    this.#throwFailure();
    if (this.#phase === 'stopped') throw new MillraceError('ENGINE_STOPPED', 'The engine has stopped.');
    await sleep(POLL_MS);
    this.#throwFailure();
  }

  #checkRunning(): void {
    this.#throwFailure();
    if (this.#inputFailure !== undefined) throw this.#inputFailure;
    if (this.#phase !== 'running') throw new MillraceError('ENGINE_STOPPED', `The engine is ${this.#phase}.`);
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** The promise, unless the engine fails or ends before it. */
  #orFailure(promise: Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiters.add(reject);
      this.#inputWaiters.add(reject);
      const done = (): void => {
        this.#waiters.delete(reject);
        this.#inputWaiters.delete(reject);
      };
      promise.then(resolve, reject).finally(done);
    });
  }

  /** An egress has failed: records would only pile up. */
  #closeInput(error: MillraceError): void {
    this.#inputFailure ??= error;
    this.#edges.closeIngresses();
    for (const fail of this.#inputWaiters) fail(error);
  }

  #report(error: MillraceError): void {
    if (this.#events.listenerCount('error') === 0) {
      process.emitWarning(error.message, { type: 'MillraceWarning', code: error.code });
      return;
    }
    try {
      this.#events.emit('error', error);
    } catch (thrown) {
      // A listener's mistake is the program's, not the engine's.
      process.nextTick(() => {
        throw thrown;
      });
    }
  }

  /** A shard's thread has ended with an error, or so. One failure is enough: all that wait get the first. */
  #fail(who: string, details: Record<string, unknown>, cause: unknown): void {
    if (this.#failure !== undefined || this.#phase === 'stopped') return;
    const known = (cause as { code?: unknown } | null)?.code;
    const reason = cause instanceof Error ? cause.message : describe(cause);
    const what = `${who} has failed${typeof known === 'string' ? ` (${known})` : ''}: ${reason}`;
    this.#failure = new MillraceError('SHARD_FAILED', what, { cause, details });
    const wasRunning = this.#phase === 'running';
    this.#phase = 'failed';
    this.#edges.closeIngresses();
    for (const fail of this.#waiters) fail(this.#failure);
    this.#edges.end(this.#failure);
    if (wasRunning) this.#report(this.#failure);
    this.#forced.raise();
    this.#stopping ??= this.#stop(true);
    this.#stopping.catch(() => {});
  }
}

/**
 * Starts an engine: loads the module in every thread and resolves when all of them take messages.
 *
 * @throws MillraceError `INVALID_OPTION`, `MODULE_NOT_LOADED`, `MODULE_NOT_EXPORTED`, `DUPLICATE_TYPE`,
 *   `UNKNOWN_INGRESS`, `UNKNOWN_EGRESS` or `SHARD_FAILED`
 */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const filled = fillOptions(options);
  const module = mergeEdges(await loadModule(filled.module), filled);
  const engine = new Engine(module, filled);
  try {
    await engine.started();
  } catch (error) {
    await engine.stop({ force: true }).catch(() => {});
    throw error;
  }
  return engine;
}
