/**
 * Time that stands still until somebody moves it on: the clock of a simulation, which owns it. Sleepers wake in the
 * order of their times, and never because real time has passed.
 */
import type { Clock } from '../base/clock.ts';

export class SimulatedClock implements Clock {
  #now: number;
  /** How far the wall clock has been set from where it was. */
  #jumpMs = 0;
  #sleeperCount = 0;
  /** Sorted by time, and those of one time by when they fell asleep; the next to wake comes last. */
  readonly #sleepers: { readonly at: number; readonly number: number; readonly wake: () => void }[] = [];

  constructor(now = 0) {
    this.#now = now;
  }

  now(): number {
    return this.#now + this.#jumpMs;
  }

  elapsedMs(): number {
    return this.#now;
  }

  stampMs(): number {
    return this.#now;
  }

  /** How many sleep. */
  get sleeperCount(): number {
    return this.#sleepers.length;
  }

  /** When the next of them wakes. */
  get nextWakeAt(): number | undefined {
    return this.#sleepers.at(-1)?.at;
  }

  /** Resolves when the clock has been moved on by this long. */
  sleep(ms: number): Promise<void> {
    return new Promise((wake) => {
      this.#sleepers.push({ at: this.#now + ms, number: this.#sleeperCount++, wake });
      this.#sleepers.sort((a, b) => b.at - a.at || b.number - a.number);
    });
  }

  /** Moves on to when the next sleeper wakes, and wakes that one alone. False if nobody sleeps. */
  wakeNext(): boolean {
    const sleeper = this.#sleepers.pop();
    if (sleeper === undefined) return false;
    this.#now = Math.max(this.#now, sleeper.at);
    sleeper.wake();
    return true;
  }

  /** Moves on by this long, and wakes all whose time has come. */
  advance(ms: number): void {
    const until = this.#now + ms;
    for (let next = this.#sleepers.at(-1); next !== undefined && next.at <= until; next = this.#sleepers.at(-1)) {
      this.wakeNext();
    }
    this.#now = until;
  }

  /** Sets the wall clock forward or back, as somebody may on any machine. Sleepers go by elapsed time and notice nothing. */
  jump(ms: number): void {
    this.#jumpMs += ms;
  }

  /** Nobody sleeps any more, and nobody wakes: those who slept are gone. */
  forgetSleepers(): void {
    this.#sleepers.length = 0;
  }
}
