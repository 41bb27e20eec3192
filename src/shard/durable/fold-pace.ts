/**
 * How much of a core a round of folding takes: after each step it rests, for so long that steps are no more than their
 * share of the time. Where there are more threads than cores, as is usual, messages and the main thread have the rest. It
 * decides when, and nothing else.
 *
 * What a step is expected to cost says little of how long it takes while others want the core, so steps are timed.
 */
import type { Clock } from '../../base/clock.ts';

/** As long as nobody hurries it. */
export interface FoldPace {
  readonly clock: Clock;
  /** Of the time, between 0 and 1. It grows as more comes in behind the round. */
  readonly share: number;
}

export class FoldRests {
  readonly #pace: FoldPace | undefined;
  #untilMs = 0;
  #beganMs = 0;

  /** Without a pace there are no rests. */
  constructor(pace: FoldPace | undefined) {
    this.#pace = pace;
  }

  /** How long it rests before the next step; `Infinity` if it does not. */
  get restMs(): number {
    if (this.#pace === undefined) return Number.POSITIVE_INFINITY;
    const leftMs = this.#untilMs - this.#pace.clock.elapsedMs();
    return leftMs > 0 ? leftMs : Number.POSITIVE_INFINITY;
  }

  /** How long the step that is being taken has taken so far; 0 without a pace. */
  get stepUs(): number {
    return this.#pace === undefined ? 0 : (this.#pace.clock.elapsedMs() - this.#beganMs) * 1000;
  }

  /** Takes a step and rests afterwards; `haste` is 1 when it may have all of the time, and 0 for no more than its share. */
  around(step: () => number, haste: number): number {
    if (this.#pace === undefined) return step();
    const { clock, share } = this.#pace;
    const beganMs = clock.elapsedMs();
    this.#beganMs = beganMs;
    const workCount = step();
    const endedMs = clock.elapsedMs();
    this.#untilMs = endedMs + (endedMs - beganMs) * (1 / (share + (1 - share) * haste) - 1);
    return workCount;
  }
}
