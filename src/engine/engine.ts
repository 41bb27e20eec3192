/**
 * The engine as a program embeds it: send, ask, egress, stop. Only the doors are here; what runs behind them is the
 * runtime.
 */
import { TIMEOUT_MS_MAX } from '../base/timers.ts';
import { callbackSink, type EgressCallback } from '../io/egress-pump.ts';
import type { EgressStream } from '../io/egress-stream.ts';
import type { EgressType } from '../sdk/egress.ts';
import { describe, MillraceError } from '../sdk/errors.ts';
import type { FunctionType } from '../sdk/function.ts';
import type { Asker } from './askers.ts';
import {
  type AskOptions,
  checkAskOptions,
  checkSendOptions,
  checkStopOptions,
  type SendOptions,
  type StopOptions,
} from './call-options.ts';
import type { DeadLetters } from './dead-letters.ts';
import { checkListener, type EngineEvents } from './error-events.ts';
import type { EngineLatency, EngineMetrics, LatencyOptions } from './observation.ts';
import type { Parked } from './parked.ts';
import { type EndpointReport, endpoints } from './endpoints.ts';
import { scrub, type ScrubOptions, type ScrubResult } from './scrub.ts';
import { pathOf, refuse, timeLimit } from './option-checks.ts';
import type { Runtime } from './runtime.ts';
import type { SavepointInfo } from './savepoint-info.ts';

const ASK_TIMEOUT_MS_DEFAULT = 10_000;
const NO_OPTIONS: SendOptions = {};

export class Engine implements AsyncDisposable {
  readonly shardCount: number;
  readonly #runtime: Runtime;

  /** Use `startEngine`. */
  constructor(runtime: Runtime) {
    this.shardCount = runtime.shardCount;
    this.#runtime = runtime;
  }

  /**
   * Sends a message from outside. The message is taken (copied) during the call. With a data directory the promise
   * resolves when the message is committed, otherwise when the engine would take the next one: either is how
   * back-pressure reaches the caller, so await it, or memory and disk fill instead.
   *
   * @throws MillraceError (as a rejection) `UNKNOWN_FUNCTION`, `INVALID_ID`, `MESSAGE_NOT_ENCODABLE`,
   *   `MESSAGE_TOO_LARGE`, `INVALID_TRACE`, `INVALID_OPTION`, `INVALID_KEY`, `ENGINE_STOPPED` or `SHARD_FAILED`
   */
  send<Message>(
    target: FunctionType<Message>,
    id: string,
    message: NoInfer<Message>,
    options?: SendOptions,
  ): Promise<void>;
  send(target: string, id: string, message: unknown, options?: SendOptions): Promise<void>;
  send(
    target: string | FunctionType<never>,
    id: string,
    message: unknown,
    options: SendOptions = NO_OPTIONS,
  ): Promise<void> {
    try {
      if (options !== NO_OPTIONS) checkSendOptions(options);
    } catch (error) {
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- a MillraceError
      return Promise.reject(error);
    }
    const { until, idempotencyKey } = options;
    return this.#runtime.clients.send(target, id, message, until !== 'accepted', idempotencyKey, options);
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
    if (options !== undefined) checkAskOptions(options);
    const timeoutMs = Math.min(timeLimit('timeoutMs', options?.timeoutMs, ASK_TIMEOUT_MS_DEFAULT), TIMEOUT_MS_MAX);
    const runtime = this.#runtime;
    return new Promise((resolve, reject) => {
      const end = (): void => clearTimeout(timer);
      const asker: Asker = {
        replied(reply) {
          end();
          resolve(reply);
        },
        failed(error) {
          end();
          reject(error);
        },
      };
      const ask = runtime.clients.ask(target, id, message, asker, options?.until !== 'processed', options);
      const timer = setTimeout(() => {
        const name = typeof target === 'string' ? target : target.type;
        ask.giveUp(new MillraceError('ASK_TIMED_OUT', `No reply from ${name} ${describe(id)} within ${timeoutMs} ms.`));
      }, timeoutMs);
    });
  }

  /**
   * Consumes an egress that has no sink: as an async iterable, or with a callback whose promise is awaited before the
   * next record. Records that nobody takes hold back the input. All loops over one egress share one stream.
   *
   * @throws MillraceError `UNKNOWN_EGRESS`, `EGRESS_CONSUMED_TWICE`, or `INVALID_OPTION` for a callback that is no function
   */
  egress<Record>(egress: EgressType<Record>): EgressStream<Record>;
  egress(egress: string): EgressStream<unknown>;
  egress<Record>(egress: EgressType<Record>, callback: EgressCallback<Record>): void;
  egress(egress: string, callback: EgressCallback<unknown>): void;
  egress(egress: string | EgressType<never>, callback?: EgressCallback<never>): EgressStream<unknown> | void {
    const { directory, edges } = this.#runtime;
    const number = directory.egressNumber(egress);
    if (callback === undefined) return edges.stream(number);
    if (typeof callback !== 'function') refuse('callback', callback, 'a function');
    edges.attach(number, callbackSink(callback as EgressCallback<unknown>));
  }

  /** Addresses that take no messages, since one has failed: to list, and to let go on. */
  get parked(): Parked {
    return this.#runtime.parked;
  }

  /** Messages that could not be handled: to list, to send again, to edit, to drop. */
  get deadLetters(): DeadLetters {
    return this.#runtime.deadLetters;
  }

  /**
   * Makes a checkpoint now. Resolves when it is committed: everything sent so far survives any crash. Without a data
   * directory it resolves at once.
   */
  checkpoint(): Promise<void> {
    return this.#runtime.clients.checkpoint();
  }

  /**
   * Makes a savepoint while the engine goes on: a directory that holds all state, messages in flight, ingress and egress
   * positions of one moment, for `startEngine({ from })` with any store and any number of shards. The directory must be
   * new or empty. It never expires, and nothing of the data directory is needed to read it.
   *
   * @throws MillraceError (as a rejection) `SAVEPOINT_FAILED` or `INVALID_OPTION`
   */
  async savepoint(path: string | URL): Promise<SavepointInfo> {
    return this.#runtime.savepoint(pathOf('path', path));
  }

  /**
   * Reads all that is stored and compares it with its checksums, while the engine goes on. Damage is reported and left
   * as it is; a store may also fail in the middle, when its files cannot be read any further. LevelDB does not notice by
   * itself when an entry is lost, so this is worth doing from time to time, and before a backup is trusted.
   *
   * @throws MillraceError (as a rejection) `INVALID_OPTION`, `ENGINE_STOPPED` or what the engine has failed with
   */
  scrub(options: ScrubOptions = {}): Promise<ScrubResult> {
    return scrub(this.#runtime.door, options);
  }

  /**
   * The endpoints of remote functions as each shard sees them now: whether they can be reached, why not, what waits for
   * them, and how long their requests take.
   */
  endpoints(): Promise<EndpointReport[]> {
    return endpoints(this.#runtime.door);
  }

  /** What the engine has counted, and what it has in hand, as it is now. */
  metrics(): Promise<EngineMetrics> {
    return this.#runtime.observation.metrics();
  }

  /**
   * How long things take: percentiles since the start, or since they were last reset. Few messages are timed, so
   * that it costs next to nothing; what runs under `millrace/testing` is not timed.
   *
   * @throws MillraceError (as a rejection) `INVALID_OPTION`, `ENGINE_STOPPED` or what the engine has failed with
   */
  latency(options: LatencyOptions = {}): Promise<EngineLatency> {
    return this.#runtime.observation.latency(options);
  }

  /**
   * Listens to errors that nobody waits for. Without a listener they are emitted as process warnings.
   *
   * @throws MillraceError `INVALID_OPTION` for an event that there is not, or a listener that is no function
   */
  on<Name extends keyof EngineEvents>(event: Name, listener: (...values: EngineEvents[Name]) => void): this {
    checkListener('engine.on', event, listener);
    this.#runtime.events.on(event, listener);
    return this;
  }

  off<Name extends keyof EngineEvents>(event: Name, listener: (...values: EngineEvents[Name]) => void): this {
    checkListener('engine.off', event, listener);
    this.#runtime.events.off(event, listener);
    return this;
  }

  /**
   * Reads no more input: the ingresses end, wherever they are, and what they have taken in is handled. `send` and `ask` go
   * on, and the next start reads on from there. `drained` after it waits for all that is under way.
   */
  closeIngresses(): void {
    this.#runtime.edges.closeIngresses();
  }

  /**
   * Resolves when every ingress has come to its end, no message is in flight anywhere, and all sinks and callbacks have
   * taken their records. With an endless ingress that is never, unless `closeIngresses` ends it.
   */
  drained(): Promise<void> {
    return this.#runtime.drained();
  }

  /**
   * Stops taking input, finishes what is in flight, hands over what is left for egresses, and ends all threads. With a
   * data directory, what waits for an endpoint that nobody can reach stays there, for the next start. Calling it again
   * waits for the same end; with `force` it ends at once instead.
   *
   * @throws MillraceError (as a rejection) `SHARD_FAILED` if a shard fails on the way, or `INVALID_OPTION`
   */
  async stop(options: StopOptions = {}): Promise<void> {
    checkStopOptions(options);
    await this.#runtime.stop(options.force === true);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#runtime.stop(false);
  }
}
