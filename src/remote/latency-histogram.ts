/**
 * How long things took, in a few hundred counters: each doubling of microseconds has eight of them, so a percentile is
 * right to one part in eight. Adding costs a few instructions and no memory. The histograms of `metrics/` are finer, thirty
 * times as large, and lie outside the heap until somebody destroys them; an origin has no moment at which to do that.
 */

const STEPS = 8;
/** Up to 2^40 microseconds, twelve days. */
const DOUBLINGS = 40;

export class LatencyHistogram {
  readonly #counts = new Uint32Array(STEPS * DOUBLINGS);
  #total = 0;

  add(ms: number): void {
    const step = Math.floor(Math.log2(Math.max(1, ms * 1000)) * STEPS);
    this.#counts[Math.min(step, this.#counts.length - 1)]++;
    this.#total++;
  }

  /** In milliseconds, the upper end of its step: 0 if there is nothing. */
  percentile(percent: number): number {
    let left = Math.ceil((this.#total * percent) / 100);
    if (left === 0) return 0;
    for (const [step, count] of this.#counts.entries()) {
      left -= count;
      if (left <= 0) return 2 ** ((step + 1) / STEPS) / 1000;
    }
    return 0;
  }
}
