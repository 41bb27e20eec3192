/**
 * How often the shards may fail before the engine does: with growing pauses, and up to a bound. A failure counts as one
 * in a row with the last unless the engine has run well for a while since.
 */
const PAUSE_MS_MIN = 20;
const PAUSE_MS_MAX = 5_000;
/** Running for so long without a failure makes up for all earlier ones, by default. */
export const WELL_MS = 60_000;

export class RecoveryAttempts {
  count = 0;
  readonly #countMax: number;
  readonly #wellMs: number;
  #lastAtMs = Number.NEGATIVE_INFINITY;

  constructor(countMax: number, wellMs: number = WELL_MS) {
    this.#wellMs = wellMs;
    this.#countMax = countMax;
  }

  /** How long to pause before going back to the last checkpoint; undefined when it has been tried often enough. */
  next(nowMs: number): number | undefined {
    if (nowMs - this.#lastAtMs > this.#wellMs) this.count = 0;
    this.#lastAtMs = nowMs;
    if (this.count === this.#countMax) return undefined;
    return Math.min(PAUSE_MS_MIN * 2 ** this.count++, PAUSE_MS_MAX);
  }
}
