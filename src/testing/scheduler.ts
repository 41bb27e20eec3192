/**
 * Who takes the next step: drawn by weights that change from phase to phase. In many phases somebody has no weight and
 * is held up, as threads are.
 */
import type { Prng } from '../base/prng.ts';

const PHASE_STEPS_MAX = 30;

export class Scheduler {
  readonly #prng: Prng;
  #weights: number[] = [];
  #phaseSteps = 0;

  constructor(prng: Prng) {
    this.#prng = prng;
  }

  choose(count: number): number {
    if (this.#phaseSteps-- <= 0 || this.#weights.length !== count) {
      this.#phaseSteps = this.#prng.below(PHASE_STEPS_MAX);
      this.#weights = Array.from({ length: count }, () => Math.max(0, this.#prng.below(10) - 3));
    }
    let draw = this.#prng.below(this.#weights.reduce((sum, weight) => sum + weight, 1));
    for (let index = 0; index < count; index++) {
      draw -= this.#weights[index];
      if (draw < 0) return index;
    }
    return this.#prng.below(count);
  }
}
