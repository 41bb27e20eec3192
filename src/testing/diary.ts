/**
 * What the processes of a simulated run have met: counted, told to the workload, and kept if it should not have happened.
 * It decides nothing; the run looks into it after each step.
 */
import type { MillraceError } from '../sdk/errors.ts';
import { isExpectedFailure, ShardFailure } from './chaos.ts';
import type { ProcessHooks } from './durable-ground.ts';
import { ATTEMPTS_MAX, type DurableProcess } from './durable-process.ts';
import { SIMULATED_PLACE } from './simulated-ground.ts';
import type { Statistics } from './statistics.ts';
import type { Workload } from './workload.ts';

export class Diary implements ProcessHooks {
  readonly #statistics: Statistics;
  readonly #workload: Workload;
  readonly #process: () => DurableProcess;
  #unexpected: Error | undefined;

  constructor(statistics: Statistics, workload: Workload, process: () => DurableProcess) {
    this.#statistics = statistics;
    this.#workload = workload;
    this.#process = process;
  }

  invocationFailed(error: MillraceError): void {
    this.#workload.invocationFailed(error);
  }

  recovering(cause: unknown): void {
    const { isRecovering, data } = this.#process();
    if (isRecovering && !(cause instanceof ShardFailure)) this.#statistics.failuresWhileRecovering++;
    this.#workload.happened?.(`the shards fail and go back to epoch ${data?.lastEpoch ?? 0}: ${String(cause)}`);
    this.expect(cause);
  }

  recovered(): void {
    this.#statistics.recoveries++;
    this.#workload.happened?.('the shards are back');
  }

  threadDied(isQuarantined: boolean): void {
    this.#statistics.threadDeaths++;
    if (isQuarantined) this.#statistics.quarantines++;
    this.#workload.happened?.(`a thread dies of a message${isQuarantined ? ', which is quarantined now' : ''}`);
  }

  reported(error: MillraceError): void {
    this.expect(error);
  }

  /**
   * A process that ran has ended by itself. Each failure must have a fault of its own: none may come again and again. But
   * a sink that could not sync its file never does so again (I9), so only the next process goes on.
   */
  gaveUp(cause: unknown): void {
    if (isSinkFailure(cause)) return;
    const { faults, shardFailures, threadDeaths, fullDisks } = this.#statistics;
    if (fullDisks > 0 || faults + shardFailures + threadDeaths > ATTEMPTS_MAX) return;
    this.#unexpected ??= new Error(`it gave up although hardly anything had gone wrong`, { cause });
  }

  /** Keeps what is not what a failing disk or shard makes of an engine. */
  expect(cause: unknown): void {
    if (isExpectedFailure(cause)) return;
    this.#unexpected ??= cause instanceof Error ? cause : new Error(String(cause));
  }

  /** Throws the first thing that should not have happened. */
  check(): void {
    if (this.#unexpected !== undefined) throw this.#unexpected;
  }
}

function isSinkFailure(cause: unknown): boolean {
  const { path, syscall } = (cause ?? {}) as { path?: unknown; syscall?: unknown };
  return syscall === 'sync' && typeof path === 'string' && !path.startsWith(SIMULATED_PLACE.directory);
}
