/**
 * What a thread does when its duty cycle found no work. It only decides; how a thread naps or parks is its runner's
 * business. `workCount` in, one of four answers out.
 */

export type IdleMode = 'spin' | 'yield' | 'park';
export type IdleDecision = 'work' | 'spin' | 'nap' | 'park';

/** Fruitless cycles before the next, cheaper way of waiting. A cycle costs well under a microsecond. */
const SPIN_CYCLES = { spin: Number.POSITIVE_INFINITY, yield: 20, park: 20 } as const;
/** The same while something is under way that ends through the event loop, which gets no whole turn in between. */
const AWAITING_CYCLES = { ...SPIN_CYCLES, park: 2 } as const;

export class IdleStrategy {
  readonly #mode: IdleMode;
  #idleCycles = 0;

  /**
   * - `spin` looks again at once, for ever: lowest latency, one core per thread burnt. Only with more cores than threads.
   * - `yield` spins a little, then takes naps of a fraction of a millisecond.
   * - `park` spins a little, then sleeps until rung. The default.
   */
  constructor(mode: IdleMode) {
    this.#mode = mode;
  }

  /** `awaits`: something is under way that ends through the event loop. */
  decide(workCount: number, awaits = false): IdleDecision {
    if (workCount > 0) {
      this.#idleCycles = 0;
      return 'work';
    }
    if (++this.#idleCycles <= (awaits ? AWAITING_CYCLES : SPIN_CYCLES)[this.#mode]) return 'spin';
    return this.#mode === 'park' ? 'park' : 'nap';
  }
}
