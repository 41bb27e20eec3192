/**
 * Looks at the calls to one origin when the first of them may have to be cut off. One timer for all of them, which most
 * calls never touch: they have ended long before it goes off.
 */
import type { Clock } from '../base/clock.ts';
import type { Timers } from '../base/timers.ts';

export interface WatchedCall {
  /** When it is to be looked at, by the clock's `elapsedMs`; `Infinity` if it is not. */
  readonly lookAt: number;
  /** Its time has come. Afterwards its `lookAt` is later. */
  look(now: number): void;
}

export class CallWatch {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #calls: ReadonlySet<WatchedCall>;
  readonly #ring = (): void => this.#lookAtAll();
  #timer: unknown;
  #timerAt = Infinity;

  /** `calls` are those of now, whenever they are asked for. */
  constructor(clock: Clock, timers: Timers, calls: ReadonlySet<WatchedCall>) {
    this.#clock = clock;
    this.#timers = timers;
    this.#calls = calls;
  }

  /** A call is to be looked at then. */
  note(lookAt: number, now: number): void {
    if (lookAt >= this.#timerAt) return;
    this.close();
    this.#timerAt = lookAt;
    this.#timer = this.#timers.set(this.#ring, lookAt - now);
  }

  /** Sets no timer until the next call. */
  close(): void {
    if (this.#timerAt === Infinity) return;
    this.#timers.clear(this.#timer);
    this.#timerAt = Infinity;
  }

  #lookAtAll(): void {
    this.#timerAt = Infinity;
    const now = this.#clock.elapsedMs();
    // What is told of one that ends may begin others; those have time.
    for (const call of this.#calls) if (call.lookAt <= now) call.look(now);
    let next = Infinity;
    for (const { lookAt } of this.#calls) next = Math.min(next, lookAt);
    if (next < Infinity) this.note(next, this.#clock.elapsedMs());
  }
}
