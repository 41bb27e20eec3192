/**
 * Keeps the shards going: starts them, and when one fails takes all of them back to the last checkpoint, as a new group
 * of threads, with pauses in between and a bound on attempts. It also turns the coordinator, which stands still while
 * there are no shards that it could speak with.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../base/clock.ts';
import type { Mesh } from '../channel/mesh.ts';
import { describe, MillraceError } from '../sdk/errors.ts';
import type { Coordinator } from './coordinator.ts';
import { CoordinatorRunner } from './coordinator-runner.ts';
import type { DataDirectory } from './data-directory.ts';
import type { FilledOptions } from './options.ts';
import { goBack } from './recovery.ts';
import { ShardDeaths } from './shard-deaths.ts';
import { ShardGroup } from './shard-group.ts';
import { durableTask, shardTask } from './shard-task.ts';
import { WatchTimer } from './watch-timer.ts';

/** Where a durable engine lives. */
export interface DurableHome {
  readonly data: DataDirectory;
  /** URL of the module that exports `openStore`. */
  readonly store: string;
  /** Lets others have the directory. */
  release(): void;
}

export interface SupervisorHooks {
  /** A shard has failed; all go back to the last checkpoint. */
  recovering(error: MillraceError): void;
  /** A shard does not come back from an invocation. */
  stuck(error: MillraceError): void;
  /** The shards have failed for good. */
  failed(error: MillraceError): void;
}

type Details = Record<string, unknown>;

export class ShardSupervisor {
  readonly #options: FilledOptions;
  readonly #home: DurableHome | undefined;
  readonly #spillDirectory: string;
  readonly #hooks: SupervisorHooks;
  readonly #deaths: ShardDeaths;
  readonly #watch: WatchTimer;
  #coordinator: Coordinator | undefined;
  #group: ShardGroup;
  #runner: CoordinatorRunner | undefined;
  /**
   * Whether all shards have ever taken messages. Before that a failure is the caller's to see, unless it was a message's:
   * such a one was in flight, and would end each start.
   */
  #isRunning = false;
  #recovering: Promise<void> | undefined;
  #isEnded = false;

  constructor(options: FilledOptions, home: DurableHome | undefined, spillDirectory: string, hooks: SupervisorHooks) {
    this.#options = options;
    this.#home = home;
    this.#spillDirectory = spillDirectory;
    this.#hooks = hooks;
    this.#deaths = new ShardDeaths(options.maxRecoveries, options.fatalCount, options.stuckEndMs);
    this.#watch = new WatchTimer(options, {
      lookouts: () => (this.#isWatched ? this.#group.lookouts : []),
      typeName: (index) => this.#coordinator?.directory.typeName(index),
      answered: () => this.#group.answered(),
      report: (error) => hooks.stuck(error),
      end: (shard, error) => this.#onShardFailed(shard, error),
    });
    this.#group = new ShardGroup(options);
  }

  get mesh(): Mesh {
    return this.#group.mesh;
  }

  get isRecovering(): boolean {
    return this.#recovering !== undefined;
  }

  /** Starts the threads, and connects them with their coordinator. */
  start(coordinator: Coordinator): void {
    this.#coordinator = coordinator;
    if (coordinator.checkpoints !== undefined) coordinator.checkpoints.onCommitted = () => this.wake();
    this.#runner = this.#newRunner(coordinator);
    this.#startGroup();
  }

  /** Resolves when all shards are there, or have failed for good. */
  async started(): Promise<void> {
    await this.#group.started(() => this.#isEnded).catch(() => {});
    while (this.#recovering !== undefined) await this.#recovering;
  }

  /** Begins to turn the coordinator. */
  run(): void {
    this.#isRunning = true;
    void this.#runner?.run();
  }

  wake(): void {
    this.#group.mesh.ownDoorbell.wake();
  }

  flush(): void {
    this.#runner?.flush();
  }

  flushSoon(): void {
    this.#runner?.flushSoon();
  }

  get #isWatched(): boolean {
    return this.#isRunning && !this.#isEnded && this.#recovering === undefined;
  }

  #onShardFailed(shard: number, cause: unknown): void {
    const { remains } = this.#group.lookouts[shard];
    this.#deaths.failed(this.#group, cause, remains, systemClock.elapsedMs());
    const isOfMessage = remains.sighting !== undefined || remains.involved.length > 0;
    this.onFailure(`Shard ${shard}`, { shard }, cause, isOfMessage);
  }

  /** Something that the engine cannot go on with. `isOfMessage`: messages were under way, one of which may have done it. */
  onFailure(who: string, details: Details, cause: unknown, isOfMessage: boolean = false): void {
    if (this.#isRecovering() || this.#isEnded) return;
    if (this.#home === undefined || !(this.#isRunning || isOfMessage)) {
      this.#fail(who, details, cause);
      return;
    }
    this.#runner?.stop();
    this.#recovering = this.#recover(who, details, cause).then(
      () => void (this.#recovering = undefined),
      (error: unknown) => this.#fail(who, details, error),
    );
  }

  #isRecovering(): boolean {
    return this.#recovering !== undefined;
  }

  #fail(who: string, details: Details, cause: unknown): void {
    this.#recovering = undefined;
    const failure = ownFailure(cause) ?? new MillraceError('SHARD_FAILED', failureText(who, cause), { cause, details });
    this.#hooks.failed(failure);
  }

  /** Rejects with what cannot be mended. */
  #recover(who: string, details: Details, firstCause: unknown): Promise<void> {
    return goBack(this.#deaths.attempts, firstCause, {
      now: () => systemClock.elapsedMs(),
      recovering: (cause) =>
        this.#hooks.recovering(new MillraceError('SHARD_RECOVERING', failureText(who, cause), { cause, details })),
      endShards: () => this.#group.end(() => true),
      pause: (ms) => sleep(ms),
      rollBack: () => this.#coordinator?.checkpoints?.rollBack() ?? Promise.resolve(),
      restart: () => this.#restart(),
      isEnded: () => this.#isEnded,
    });
  }

  async #restart(): Promise<void> {
    const coordinator = this.#coordinator;
    this.#group = new ShardGroup(this.#options, this.#group);
    this.#startGroup();
    await this.#group.started(() => this.#isEnded);
    if (coordinator === undefined || this.#isEnded) return;
    coordinator.reconnect(this.#group.mesh);
    this.#runner = this.#newRunner(coordinator);
    // Or later, when the engine has started.
    if (this.#isRunning) void this.#runner.run();
  }

  #startGroup(): void {
    const group = this.#group;
    group.start(
      (shard, memory) => {
        const home = this.#home;
        const durable = home && durableTask(shard, home.store, home.data, this.#options);
        return shardTask(shard, memory, this.#options, this.#spillDirectory, durable, this.#deaths.suspects);
      },
      (shard, cause) => {
        if (group === this.#group) this.#onShardFailed(shard, cause);
      },
    );
  }

  #newRunner(coordinator: Coordinator): CoordinatorRunner {
    return new CoordinatorRunner(coordinator, this.#group.mesh.ownDoorbell, (cause) => {
      this.onFailure('The coordinator', {}, cause);
    });
  }

  /** Ends everything, and does not begin again. */
  async end(isForced: boolean): Promise<void> {
    this.#isEnded = true;
    this.#watch.stop();
    this.#runner?.stop();
    await this.#group.end(() => isForced);
    await this.#recovering?.catch(() => {});
  }
}

/**
 * Data that cannot be read is no shard's failure, and a function that stops the engine is meant to: whoever uses the
 * engine gets the error itself, with the place.
 */
function ownFailure(cause: unknown): MillraceError | undefined {
  const { code, details, message } = (cause ?? {}) as { code?: unknown; details?: Details; message?: unknown };
  if (code !== 'DATA_DAMAGED' && code !== 'DATA_TOO_NEW' && code !== 'FUNCTION_FAILED') return undefined;
  return new MillraceError(code, String(message), { cause, details: details ?? {} });
}

function failureText(who: string, cause: unknown): string {
  const known = (cause as { code?: unknown } | null)?.code;
  const reason = cause instanceof Error ? cause.message : describe(cause);
  return `${who} has failed${typeof known === 'string' ? ` (${known})` : ''}: ${reason}`;
}
