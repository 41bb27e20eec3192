/**
 * What runs behind an engine's doors: the coordinator's duty cycle on the calling thread's event loop, one worker thread
 * per shard, and the life of both from start to stop. Whatever goes wrong with any of them becomes one coded error for
 * everybody who waits.
 */
import { randomUUID } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Signal } from '../base/signal.ts';
import { allocateMesh, Mesh } from '../channel/mesh.ts';
import { COMMAND_STOP } from '../metrics/counters.ts';
import { describe, MillraceError } from '../sdk/errors.ts';
import type { FunctionType } from '../sdk/function.ts';
import type { Module } from '../sdk/module.ts';
import type { Directory } from '../shard/function-binding.ts';
import { type Asker, Coordinator } from './coordinator.ts';
import { CoordinatorRunner } from './coordinator-runner.ts';
import { Edges } from './edges.ts';
import { ErrorEvents } from './error-events.ts';
import type { FilledOptions } from './options.ts';
import { ShardHost } from './shard-host.ts';
import { shardTask } from './shard-task.ts';
import { SpillDirectory } from './spill-directory.ts';
import { WaitingRoom } from './waiting-room.ts';

/** Egress records that wait for their consumer before input is held back. */
const EGRESS_COUNT_MAX = 16_384;
/** Sends that are let go at once. */
const FLUSH_COUNT = 64;
/** How long shards get to end by themselves. */
const END_TIMEOUT_MS = 1_000;
/** How often a waiting `started`, `drained` or `stop` looks again. */
const POLL_MS = 1;
/** Node's timers wrap above this. */
export const TIMEOUT_MS_MAX: number = 2 ** 31 - 1;

const DONE: Promise<void> = Promise.resolve();

/** A question under way. */
export interface Ask {
  /** Ends the wait with an error; a later reply is dropped. */
  giveUp(error: MillraceError): void;
}

type Phase = 'starting' | 'running' | 'stopping' | 'stopped' | 'failed';

export class Runtime {
  readonly shardCount: number;
  readonly directory: Directory;
  readonly edges: Edges;
  readonly events: ErrorEvents = new ErrorEvents();
  readonly #coordinator: Coordinator;
  readonly #mesh: Mesh;
  readonly #runner: CoordinatorRunner;
  readonly #host: ShardHost;
  readonly #spillDirectory: string;
  readonly #waiting = new WaitingRoom();
  /** Keeps the process alive while the engine runs: waiting on a doorbell alone does not. */
  readonly #keepAlive = setInterval(() => {}, TIMEOUT_MS_MAX);
  #phase: Phase = 'starting';
  readonly #forced = new Signal();
  #isForced = false;
  #stopping: Promise<void> | undefined;

  constructor(module: Module, options: FilledOptions) {
    const memory = allocateMesh(options.shardCount, options.ringCapacityBytes);
    this.shardCount = options.shardCount;
    this.#mesh = new Mesh(memory, options.shardCount);
    // A folder of its own, which can be removed as a whole when the engine stops.
    this.#spillDirectory = join(options.spillDirectory ?? tmpdir(), `millrace-${randomUUID()}`);
    this.#coordinator = this.#newCoordinator(module, options);
    this.directory = this.#coordinator.directory;
    this.#runner = new CoordinatorRunner(this.#coordinator, this.#mesh.ownDoorbell, (cause) => {
      this.#fail('The coordinator', {}, cause);
    });
    this.edges = new Edges(module, this.#coordinator, {
      report: (error) => this.events.report(error),
      egressFailed: (error) => this.#closeInput(error),
      wake: () => this.#mesh.ownDoorbell.ring(),
      flush: () => this.#runner.flush(),
    });
    this.#host = new ShardHost(options.shardCount, options.maxHeapMiB);
    for (let shard = 0; shard < options.shardCount; shard++) {
      const task = shardTask(shard, memory, options, this.#spillDirectory);
      this.#host.start(task, (cause) => this.#fail(`Shard ${shard}`, { shard }, cause));
    }
  }

  #newCoordinator(module: Module, options: FilledOptions): Coordinator {
    const coordinatorOptions = {
      storage: new SpillDirectory(join(this.#spillDirectory, 'coordinator')),
      messageBytesMax: options.maxMessageBytes,
      overflowBytesMax: options.overflowBytes,
      egressCountMax: EGRESS_COUNT_MAX,
      development: options.development,
    };
    return new Coordinator(module, this.#mesh, coordinatorOptions, {
      invocationFailed: (error) => this.events.report(error),
      egressCrowded: (type) => this.edges.crowded(type),
    });
  }

  // -- use

  send(target: string | FunctionType<never>, id: string, message: unknown): Promise<void> {
    try {
      this.#checkRunning();
      this.#coordinator.send(target, id, message);
    } catch (error) {
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- it is what the engine threw, a MillraceError
      return Promise.reject(error);
    }
    if (this.#coordinator.sendCount >= FLUSH_COUNT) this.#runner.flush();
    else this.#runner.flushSoon();
    const admission = this.#coordinator.admission();
    return admission === undefined ? DONE : this.#waiting.orFailure(admission);
  }

  /** Throws a coded error, with nothing sent. */
  ask(target: string | FunctionType<never>, id: string, message: unknown, asker: Asker): Ask {
    this.#checkRunning();
    const failed = (error: MillraceError): void => {
      this.#waiting.leave(failed);
      asker.failed(error);
    };
    const replied = (reply: unknown): void => {
      this.#waiting.leave(failed);
      asker.replied(reply);
    };
    const number = this.#coordinator.ask(target, id, message, { replied, failed });
    this.#waiting.enter(failed);
    // Somebody waits: as soon as the calling code yields.
    queueMicrotask(() => this.#runner.flush());
    return {
      giveUp: (error) => {
        this.#coordinator.forget(number);
        failed(error);
      },
    };
  }

  async drained(): Promise<void> {
    await this.#waiting.orFailure(this.edges.ingressesEnded());
    await this.#untilQuiescent();
    while (!this.edges.areDelivered()) {
      if (this.#waiting.inputFailure !== undefined) throw this.#waiting.inputFailure;
      await this.#poll();
    }
  }

  #checkRunning(): void {
    this.#waiting.throwFailure();
    if (this.#waiting.inputFailure !== undefined) throw this.#waiting.inputFailure;
    if (this.#phase !== 'running') throw new MillraceError('ENGINE_STOPPED', `The engine is ${this.#phase}.`);
  }

  // -- run

  /** Resolves when all shards take messages. */
  async started(): Promise<void> {
    const { counters } = this.#mesh;
    for (let shard = 0; shard < this.shardCount; shard++) while (counters.credit(shard) === 0) await this.#poll();
    if (this.#phase === 'starting') this.#phase = 'running';
    void this.#runner.run();
    this.edges.open();
  }

  async #untilQuiescent(): Promise<void> {
    this.#runner.flush();
    while (!this.#coordinator.isQuiescent) await this.#poll();
  }

  async #poll(): Promise<void> {
    this.#waiting.throwFailure();
    if (this.#phase === 'stopped') throw new MillraceError('ENGINE_STOPPED', 'The engine has stopped.');
    await sleep(POLL_MS);
    this.#waiting.throwFailure();
  }

  // -- end

  async stop(force: boolean): Promise<void> {
    if (force) {
      this.#isForced = true;
      this.#forced.raise();
    }
    this.#stopping ??= this.#stop();
    await this.#stopping;
  }

  async #stop(): Promise<void> {
    if (this.#phase === 'starting' || this.#phase === 'running') this.#phase = 'stopping';
    this.edges.closeIngresses();
    // A failure, too, comes in here by force.
    if (!this.#isForced) await Promise.race([this.#finish().catch(() => {}), this.#forced.next()]);
    await this.#end();
    this.#waiting.throwFailure();
  }

  /** What an orderly stop waits for. */
  async #finish(): Promise<void> {
    await this.#untilQuiescent();
    await this.edges.deliverAll();
  }

  async #end(): Promise<void> {
    if (this.#phase !== 'failed') this.#phase = 'stopped';
    this.#runner.stop();
    this.#mesh.counters.order(COMMAND_STOP);
    for (let thread = 0; thread <= this.shardCount; thread++) this.#mesh.doorbell(thread).ring();
    // A shard that is stuck in user code does not end by itself.
    if (!this.#isForced) await Promise.race([this.#host.ended(), sleep(END_TIMEOUT_MS, undefined, { ref: false })]);
    await this.#host.destroy();
    const { failure } = this.#waiting;
    this.edges.end(failure);
    this.#waiting.rejectAll(failure ?? new MillraceError('ENGINE_STOPPED', 'The engine has stopped.'));
    this.#removeSpilled();
    clearInterval(this.#keepAlive);
  }

  /** Egress records that nobody has taken may lie on disk, and a loop over them may still come. */
  #removeSpilled(): void {
    const remove = (): void => {
      // It is made when something is spilled, if it can be made at all.
      if (existsSync(this.#spillDirectory)) rmSync(this.#spillDirectory, { recursive: true, force: true });
    };
    const isNeeded =
      this.#waiting.failure === undefined && this.#coordinator.ledgers.some(({ isSpilled }) => isSpilled);
    if (isNeeded) process.once('exit', remove);
    else remove();
  }

  // -- what goes wrong

  /** An egress has failed: records would only pile up. */
  #closeInput(error: MillraceError): void {
    this.#waiting.inputFailure ??= error;
    this.edges.closeIngresses();
    this.#waiting.rejectInput(error);
  }

  /** A shard's thread has ended with an error, or so. One failure is enough: all that wait get the first. */
  #fail(who: string, details: Record<string, unknown>, cause: unknown): void {
    if (this.#waiting.failure !== undefined || this.#phase === 'stopped') return;
    const known = (cause as { code?: unknown } | null)?.code;
    const reason = cause instanceof Error ? cause.message : describe(cause);
    const what = `${who} has failed${typeof known === 'string' ? ` (${known})` : ''}: ${reason}`;
    const failure = new MillraceError('SHARD_FAILED', what, { cause, details });
    this.#waiting.failure = failure;
    const wasRunning = this.#phase === 'running';
    this.#phase = 'failed';
    this.edges.closeIngresses();
    this.#waiting.rejectAll(failure);
    this.edges.end(failure);
    if (wasRunning) this.events.report(failure);
    this.stop(true).catch(() => {});
  }
}
