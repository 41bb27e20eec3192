/**
 * What runs behind an engine's doors: the coordinator's duty cycle on the calling thread's event loop, one worker thread
 * per shard, and the life of both from start to stop. A shard that fails takes all shards back to the last checkpoint,
 * if there are any; what cannot be repaired becomes one coded error for everybody who waits.
 */
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../base/clock.ts';
import { Signal } from '../base/signal.ts';
import { TIMEOUT_MS_MAX } from '../base/timers.ts';
import { MillraceError } from '../sdk/errors.ts';
import type { Module } from '../sdk/module.ts';
import type { Directory } from '../shard/function-binding.ts';
import { Clients } from './clients.ts';
import type { Coordinator } from './coordinator.ts';
import { DeadLetters } from './dead-letters.ts';
import { Edges } from './edges.ts';
import { endpoints } from './endpoints.ts';
import { ErrorEvents } from './error-events.ts';
import { untilHeldUp } from './held-up-work.ts';
import type { FilledOptions } from './options.ts';
import { newCoordinator } from './new-coordinator.ts';
import { Observation } from './observation.ts';
import { OutsideLatencies } from './outside-latencies.ts';
import { Parked } from './parked.ts';
import { ShardDoor } from './shard-door.ts';
import { type DurableHome, ShardSupervisor } from './shard-supervisor.ts';
import type { SavepointInfo } from './savepoint-info.ts';
import { savepointFailed } from './savepoint.ts';
import { SpillFolder } from './spill-folder.ts';
import { WaitingRoom } from './waiting-room.ts';

/** How often a waiting `drained` or `stop` looks again. */
const POLL_MS = 1;

type Phase = 'starting' | 'running' | 'stopping' | 'stopped' | 'failed';

export class Runtime {
  readonly shardCount: number;
  readonly directory: Directory;
  readonly edges: Edges;
  readonly clients: Clients;
  readonly door: ShardDoor;
  readonly deadLetters: DeadLetters;
  readonly parked: Parked;
  readonly observation: Observation;
  readonly events: ErrorEvents = new ErrorEvents();
  readonly #home: DurableHome | undefined;
  readonly #coordinator: Coordinator;
  readonly #spillFolder: SpillFolder;
  readonly #waiting = new WaitingRoom();
  /** Keeps the process alive while the engine runs: waiting on a doorbell alone does not. */
  readonly #keepAlive = setInterval(() => {}, TIMEOUT_MS_MAX);
  readonly #forced = new Signal();
  readonly #supervisor: ShardSupervisor;
  #phase: Phase = 'starting';
  #isForced = false;
  #stopping: Promise<void> | undefined;

  constructor(module: Module, options: FilledOptions, home: DurableHome | undefined) {
    this.shardCount = options.shardCount;
    this.#home = home;
    const latencies = new OutsideLatencies(systemClock, home !== undefined);
    this.#spillFolder = new SpillFolder(options.spillDirectory ?? tmpdir(), home?.data.path);
    this.#supervisor = new ShardSupervisor(options, home, this.#spillFolder.path, {
      recovering: (error) => this.events.report(error),
      stuck: (error) => this.events.report(error),
      failed: (error) => this.#fail(error),
    });
    try {
      this.#coordinator = newCoordinator(
        module,
        this.#supervisor.mesh,
        { options, data: home?.data, spillDirectory: this.#spillFolder.path, latencies },
        {
          invocationFailed: (error) => this.events.report(error),
          egressCrowded: (type) => this.edges.crowded(type),
          ingressPositions: () => this.edges.positions(),
          checkpointFailed: (cause) => this.#supervisor.onFailure('A checkpoint', {}, cause),
        },
      );
    } catch (error) {
      // The threads are there already, and would keep a process alive whose engine was never started.
      clearInterval(this.#keepAlive);
      void this.#supervisor.end(true);
      throw error;
    }
    this.directory = this.#coordinator.directory;
    this.edges = new Edges(module, this.#coordinator, home?.data.last?.ingresses ?? {}, {
      report: (error) => this.events.report(error),
      egressFailed: (error) => this.#closeInput(error),
      wake: () => this.#supervisor.wake(),
      flush: () => this.#supervisor.flush(),
    });
    this.door = new ShardDoor(this.#coordinator.requests, this.#waiting, {
      checkRunning: () => this.#checkRunning(),
      flush: () => this.#supervisor.flush(),
      now: () => systemClock.now(),
    });
    this.observation = new Observation({
      door: this.door,
      edges: this.edges,
      latencies,
      coordinator: this.#coordinator,
    });
    this.deadLetters = new DeadLetters(this.door, this.directory);
    this.parked = new Parked(this.door);
    this.clients = new Clients(this.#coordinator, this.#waiting, options.idempotencyKeyCount, {
      checkRunning: () => this.#checkRunning(),
      flush: () => this.#supervisor.flush(),
      flushSoon: () => this.#supervisor.flushSoon(),
      latencies,
    });
    this.#supervisor.start(this.#coordinator);
  }

  async drained(): Promise<void> {
    await this.#waiting.orFailure(this.edges.ingressesEnded());
    await this.#untilQuiescent();
    await this.clients.checkpoint();
    while (!this.edges.areDelivered()) {
      if (this.#waiting.inputFailure !== undefined) throw this.#waiting.inputFailure;
      await this.#poll();
    }
  }

  /** Rejects with `SAVEPOINT_FAILED`, and then the engine goes on. */
  async savepoint(path: string): Promise<SavepointInfo> {
    this.#checkRunning();
    const savepoints = this.#coordinator.checkpoints?.savepoints;
    if (savepoints === undefined) throw savepointFailed(path, 'an engine without a data directory has no checkpoints');
    return savepoints.make(path);
  }

  #checkRunning(): void {
    this.#waiting.throwFailure();
    if (this.#waiting.inputFailure !== undefined) throw this.#waiting.inputFailure;
    if (this.#phase !== 'running') throw new MillraceError('ENGINE_STOPPED', `The engine is ${this.#phase}.`);
  }

  // -- run

  /** Resolves when all shards take messages. */
  async started(): Promise<void> {
    await this.#supervisor.started();
    this.#waiting.throwFailure();
    if (this.#phase === 'starting') this.#phase = 'running';
    this.#supervisor.run();
    // In the turn in which the ingresses begin, and before them.
    setImmediate(() => this.events.open());
    this.edges.open();
  }

  async #untilQuiescent(): Promise<void> {
    this.#supervisor.flush();
    while (this.#supervisor.isRecovering || !this.#coordinator.isQuiescent) await this.#poll();
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

  /** What an orderly stop waits for: all done, all committed, all delivered, and that committed, too. */
  async #finish(): Promise<void> {
    await this.#untilDone();
    await this.clients.checkpoint();
    await this.edges.deliverAll();
    await this.clients.checkpoint();
    await this.#coordinator.checkpoints?.savepoints.idle();
  }

  /** Or, where it is durable, until what is left waits for endpoints that are out of reach. */
  async #untilDone(): Promise<void> {
    if (this.#home === undefined) return await this.#untilQuiescent();
    const over = new AbortController();
    const { counters } = this.#supervisor.mesh;
    const hooks = {
      checkRunning: () => this.#waiting.throwFailure(),
      flush: () => this.#supervisor.flush(),
      now: () => systemClock.now(),
    };
    const door = new ShardDoor(this.#coordinator.requests, this.#waiting, hooks);
    const engine = { clock: systemClock, activity: () => counters.activity(), endpoints: () => endpoints(door) };
    const heldUp = untilHeldUp(engine, over.signal);
    // When all is done first, it ends with an error that says nothing.
    heldUp.catch(() => {});
    try {
      await Promise.race([this.#untilQuiescent(), heldUp]);
    } finally {
      over.abort();
    }
  }

  async #end(): Promise<void> {
    if (this.#phase !== 'failed') this.#phase = 'stopped';
    await this.#supervisor.end(this.#isForced);
    await this.edges.abandon();
    const { failure } = this.#waiting;
    const error = failure ?? new MillraceError('ENGINE_STOPPED', 'The engine has stopped.');
    await this.#coordinator.checkpoints?.close(error);
    this.edges.end(failure);
    this.#waiting.rejectAll(error);
    const isNeeded = failure === undefined && this.#coordinator.ledgers.some(({ isSpilled }) => isSpilled);
    this.#spillFolder.remove(isNeeded);
    this.#home?.release();
    clearInterval(this.#keepAlive);
  }

  // -- what goes wrong

  /** An egress has failed: records would only pile up. */
  #closeInput(error: MillraceError): void {
    this.#waiting.inputFailure ??= error;
    this.edges.closeIngresses();
    this.#waiting.rejectInput(error);
  }

  /** The shards have failed for good. One failure is enough: all that wait get the first. */
  #fail(failure: MillraceError): void {
    if (this.#waiting.failure !== undefined || this.#phase === 'stopped') return;
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
