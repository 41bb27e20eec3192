/**
 * Notices that a simulated run does not come to its end: nothing moves any more, or it goes on and on. A run owns one.
 */
import { check } from './violation.ts';

/** So many steps in which nothing moves mean that nothing ever will. */
const STUCK_STEPS = 3_000;
const STEPS_MAX = 120_000;

export class StepLimits {
  readonly #waitsFor: () => string | undefined;
  #stepCount = 0;
  #idleCount = 0;

  /** `waitsFor` says what the run waits for, if anybody knows. */
  constructor(waitsFor: () => string | undefined) {
    this.#waitsFor = waitsFor;
  }

  stepped(hasMoved: boolean): void {
    this.#stepCount++;
    this.#idleCount = hasMoved ? 0 : this.#idleCount + 1;
    check(this.#idleCount < STUCK_STEPS, () => `nothing moves any more${this.#reason()}`);
    check(this.#stepCount < STEPS_MAX, () => `it goes on and on${this.#reason()}`);
  }

  #reason(): string {
    const reason = this.#waitsFor();
    return reason === undefined ? '' : `, and ${reason}`;
  }
}
