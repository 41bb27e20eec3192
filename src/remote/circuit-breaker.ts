/**
 * Whether an origin can be reached, as far as one shard knows. After so many failures in a row to reach it the breaker
 * opens: calls wait, and now and then one is let through as a probe, ever more seldom. Anything that comes back closes it.
 * While it is not closed, the time of calls stands still, so that an outage uses up nobody's.
 *
 * It must never hold up anything on its own account: a probe that hangs does not keep the next one from being sent.
 */
import type { Clock } from '../base/clock.ts';
import type { Timers } from '../base/timers.ts';

export type BreakerState = 'closed' | 'open' | 'probing';

export interface BreakerOptions {
  /** How many failures in a row open it. */
  readonly failureCount: number;
  readonly probeAfterMs: number;
  readonly probeAfterMaxMs: number;
}

export interface BreakerListener {
  /** Once for each time that it opens. */
  breakerOpened(reason: string): void;
  /** A probe may be sent, or calls may go on: whoever waits should ask again. */
  breakerLetsPass(): void;
}

export class CircuitBreaker {
  readonly #options: BreakerOptions;
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #listener: BreakerListener;
  #isClosed = true;
  #changedAt: number;
  /** The time in which it was closed, up to the last change. */
  #closedMs = 0;
  #failureCount = 0;
  #probeAfterMs: number;
  /** How often it has opened: the probes of an earlier time do not count. */
  #openingCount = 0;
  #probeCount = 0;
  #isProbeDue = false;
  #timer: unknown;
  #sinceMs: number;
  #reachedAt = -Infinity;
  #reason: string | undefined;

  constructor(options: BreakerOptions, clock: Clock, timers: Timers, listener: BreakerListener) {
    this.#options = options;
    this.#clock = clock;
    this.#timers = timers;
    this.#listener = listener;
    this.#probeAfterMs = options.probeAfterMs;
    this.#changedAt = clock.elapsedMs();
    this.#sinceMs = clock.now();
  }

  get state(): BreakerState {
    if (this.#isClosed) return 'closed';
    return this.#probeCount > 0 ? 'probing' : 'open';
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Wall-clock time of the last change. */
  get sinceMs(): number {
    return this.#sinceMs;
  }

  /** When something last came back, by the clock's `elapsedMs`; `-Infinity` if nothing ever has. */
  get reachedAt(): number {
    return this.#reachedAt;
  }

  /** Why it is open; undefined when it is closed. */
  get reason(): string | undefined {
    return this.#reason;
  }

  /** A clock that runs while it is closed. */
  closedMs(): number {
    return this.#isClosed ? this.#closedMs + this.#clock.elapsedMs() - this.#changedAt : this.#closedMs;
  }

  /** Asks for leave to send one request: undefined for none, 0 for a call, otherwise the number of a probe. */
  pass(): number | undefined {
    if (this.#isClosed) return 0;
    if (!this.#isProbeDue) return undefined;
    this.#isProbeDue = false;
    this.#probeCount++;
    this.#waitForProbe();
    return this.#openingCount;
  }

  /** Something came back: the origin can be reached. */
  reached(): void {
    this.#failureCount = 0;
    this.#reachedAt = this.#clock.elapsedMs();
    if (this.#isClosed) return;
    this.#change(true);
    this.#reason = undefined;
    this.#probeCount = 0;
    this.#isProbeDue = false;
    this.#probeAfterMs = this.#options.probeAfterMs;
    this.close();
    this.#listener.breakerLetsPass();
  }

  /** Nothing came back. */
  failed(reason: string): void {
    if (!this.#isClosed) this.#reason = reason;
    else if (++this.#failureCount >= this.#options.failureCount) this.open(reason);
  }

  /** A probe has ended, whatever came of it, or was called off. */
  probeEnded(number: number): void {
    if (!this.#isClosed && number === this.#openingCount) this.#probeCount--;
  }

  /** Opens it at once. */
  open(reason: string): void {
    if (!this.#isClosed) return;
    this.#change(false);
    this.#reason = reason;
    this.#openingCount++;
    this.#waitForProbe();
    this.#listener.breakerOpened(reason);
  }

  /** Sets no timer any more. */
  close(): void {
    if (this.#timer !== undefined) this.#timers.clear(this.#timer);
    this.#timer = undefined;
  }

  #change(isClosed: boolean): void {
    this.#closedMs = this.closedMs();
    this.#isClosed = isClosed;
    this.#changedAt = this.#clock.elapsedMs();
    this.#sinceMs = this.#clock.now();
    this.#failureCount = 0;
  }

  #waitForProbe(): void {
    const probe = (): void => {
      this.#timer = undefined;
      this.#isProbeDue = true;
      this.#listener.breakerLetsPass();
    };
    this.#timer = this.#timers.set(probe, this.#probeAfterMs);
    this.#probeAfterMs = Math.min(this.#probeAfterMs * 2, this.#options.probeAfterMaxMs);
  }
}
