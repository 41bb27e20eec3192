/**
 * The keys of timers that invocations under way have cancelled. Until it is known how those end, such a timer is not sent;
 * and one that has come up meanwhile must come up again if it was not cancelled after all. It belongs to `Timers`.
 */
export class HeldTimers {
  readonly #held = new Map<string, { count: number; cameUp: boolean }>();

  /** Whether none is held. */
  get isEmpty(): boolean {
    return this.#held.size === 0;
  }

  /** One more invocation has cancelled it. */
  hold(key: string): void {
    const held = this.#held.get(key);
    if (held === undefined) this.#held.set(key, { count: 1, cameUp: false });
    else held.count++;
  }

  /** One of them has ended. Returns whether it was the last one, and the timer has come up meanwhile. */
  release(key: string): boolean {
    const held = this.#held.get(key);
    if (held === undefined || --held.count > 0) return false;
    this.#held.delete(key);
    return held.cameUp;
  }

  /** It comes up. Returns whether it is held. */
  comesUp(key: string): boolean {
    const held = this.#held.get(key);
    if (held !== undefined) held.cameUp = true;
    return held !== undefined;
  }
}
