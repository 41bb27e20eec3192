/**
 * A clock that goes on a little with every look at it, beside what a simulated one is moved by: what is timed with it has
 * taken some time, although nothing takes any in a simulation. It only ever goes forward, and is the same for each seed.
 */
import type { Clock } from '../base/clock.ts';

const TICK_MS = 0.5;

export class TickingClock implements Clock {
  readonly #clock: Clock;
  #aheadMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now() + this.#tick();
  }

  elapsedMs(): number {
    return this.#clock.elapsedMs() + this.#tick();
  }

  stampMs(): number {
    return this.#clock.stampMs() + this.#tick();
  }

  #tick(): number {
    return (this.#aheadMs += TICK_MS);
  }
}
