/**
 * What becomes of a shard that has failed, as far as it is counted: whether a message has killed its thread, and is
 * quarantined from now on, and how often all shards may still go back. Whoever runs shards, on threads or in a
 * simulation, tells it of each one that has ended; it never ends or starts one.
 */
import type { Remains } from '../metrics/lookout.ts';
import { ERROR_CODES } from '../sdk/errors.ts';
import type { Suspect } from '../shard/failing/suspects.ts';
import { FatalMessages } from './fatal-messages.ts';
import { RecoveryAttempts, WELL_MS } from './recovery-attempts.ts';

export class ShardDeaths {
  readonly attempts: RecoveryAttempts;
  readonly #fatal: FatalMessages;
  /** The life of the shards in which one has died last. */
  #diedIn: object | undefined;

  /** `stuckEndMs` is after how long a thread is ended that does not come back; 0 for never. */
  constructor(maxRecoveries: number, fatalCount: number, stuckEndMs: number) {
    // Whoever is ended so late has not run well until then.
    const wellMs = Math.max(WELL_MS, 2 * stuckEndMs);
    this.attempts = new RecoveryAttempts(maxRecoveries, wellMs);
    this.#fatal = new FatalMessages(fatalCount, wellMs);
  }

  /** What the next shards must look out for. */
  get suspects(): readonly Suspect[] {
    return this.#fatal.suspects;
  }

  /**
   * A shard has ended with this error, and this is what its thread has left. `life` stands for all shards that lived with
   * it: those who are ended because another one has died are no deaths. Returns whether a message is quarantined from now on.
   */
  failed(life: object, cause: unknown, remains: Remains, nowMs: number): boolean {
    const isFirst = this.#diedIn !== life;
    this.#diedIn = life;
    // What the engine itself has thrown is no message's fault.
    const isDeath = !isOwnError(cause) || (cause as { code?: unknown }).code === 'SHARD_STUCK';
    if (!isFirst || !isDeath || !this.#fatal.died(remains, nowMs)) return false;
    // It will not happen again, so the attempts that it took do not count.
    this.attempts.count = 0;
    return true;
  }
}

function isOwnError(cause: unknown): boolean {
  return (ERROR_CODES as readonly unknown[]).includes((cause as { code?: unknown } | null)?.code);
}
