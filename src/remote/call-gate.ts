/**
 * Where the attempts of calls to one origin wait until they may be sent: for a connection, or for the origin to be
 * reachable. First come, first served, so a call whose probe has failed goes behind the others.
 */
import type { CircuitBreaker } from './circuit-breaker.ts';

/** Whoever waits; told once. */
export interface GateVisitor {
  /** `probe` is the breaker's number of it, 0 for none. */
  admitted(probe: number): void;
}

export class CallGate {
  readonly #breaker: CircuitBreaker;
  readonly #limit: number;
  readonly #waiting = new Set<GateVisitor>();
  #underWayCount = 0;

  /** At most `limit` are let in at a time. */
  constructor(breaker: CircuitBreaker, limit: number) {
    this.#breaker = breaker;
    this.#limit = limit;
  }

  get underWayCount(): number {
    return this.#underWayCount;
  }

  get waitingCount(): number {
    return this.#waiting.size;
  }

  /** Lets a visitor in, now or later. */
  enter(visitor: GateVisitor): void {
    // Most find nobody in front of them: a set that is filled and emptied all the time is made anew all the time.
    if (this.#waiting.size === 0 && this.#underWayCount < this.#limit) {
      const probe = this.#breaker.pass();
      if (probe !== undefined) return this.#admit(visitor, probe);
    }
    this.#waiting.add(visitor);
    if (this.#waiting.size > 1) this.letPass();
  }

  #admit(visitor: GateVisitor, probe: number): void {
    this.#underWayCount++;
    visitor.admitted(probe);
  }

  /** One that waits does so no longer. */
  turnAway(visitor: GateVisitor): void {
    this.#waiting.delete(visitor);
  }

  /** One that was let in goes; as a probe, with its number. */
  leave(probe: number): void {
    this.#underWayCount--;
    if (probe !== 0) this.#breaker.probeEnded(probe);
    if (this.#waiting.size > 0) this.letPass();
  }

  /** Lets in as many as may. */
  letPass(): void {
    for (const visitor of this.#waiting) {
      if (this.#underWayCount >= this.#limit) return;
      const probe = this.#breaker.pass();
      if (probe === undefined) return;
      this.#waiting.delete(visitor);
      this.#admit(visitor, probe);
    }
  }
}
