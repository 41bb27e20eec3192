/**
 * When a thread that has always something to do lets its event loop have a turn. It only decides; the clock is read and
 * the turn is given by its runner. With async invocations under way that is often, since they may wait for just that; but
 * what follows takes its time, and under full load the others of the shard must keep nearly all of it. So turns are paid
 * from an account that fills slowly, and at once when the thread has come to rest: a burst costs nobody a late timer.
 */

/** The event loop gets a turn at least this often, so that promises, timers and sockets of user code live (I10). */
const INTERVAL_MS = 2;
/** The same with async invocations under way: as long as the account has something, and when it has nothing. */
const INTERVAL_MS_WAITING = 0.25;
const INTERVAL_MS_OVERDRAWN = 3;
/** What comes into the account, of all time, and what it may hold. */
const SHARE = 0.02;
const ACCOUNT_MS_MAX = 1;

export class LoopTurns {
  #turnedAt: number;
  #accountMs = ACCOUNT_MS_MAX;

  /** Times are milliseconds of a monotonic clock. */
  constructor(now: number) {
    this.#turnedAt = now;
  }

  isDue(now: number, isWaiting: boolean): boolean {
    const waitingMs = this.#accountMs > 0 ? INTERVAL_MS_WAITING : INTERVAL_MS_OVERDRAWN;
    return now - this.#turnedAt >= (isWaiting ? waitingMs : INTERVAL_MS);
  }

  /** The event loop has had a turn. */
  turned(from: number, to: number): void {
    const earnedMs = (to - this.#turnedAt) * SHARE;
    this.#accountMs = Math.min(ACCOUNT_MS_MAX, this.#accountMs + earnedMs - (to - from));
    this.#turnedAt = to;
  }

  /** The thread has nothing to do. */
  rested(): void {
    this.#accountMs = ACCOUNT_MS_MAX;
  }
}
