/**
 * The longest stall in each window of time: how long at most a thread did not come round to its work. Whoever does the
 * work looks in each time it begins a piece of it. One thread owns it.
 *
 * A stall counts in the window in which it ends. One look is a comparison of two numbers, so that it hardly slows down
 * what it watches.
 */
import { LatencyHistogram } from '../../src/metrics/latency.ts';
import type { Percentiles } from '../harness/benchmark.ts';

/** As long as the time between two checkpoints, so that a window has about one cut. */
export const WINDOW_MS = 100;

export class StallWindows {
  readonly #windowMs: number;
  #lastMs = Number.NaN;
  #endMs = Number.NaN;
  #longestMs = 0;
  #windows: number[] = [];

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  look(nowMs: number): void {
    const stallMs = nowMs - this.#lastMs;
    this.#lastMs = nowMs;
    if (stallMs > this.#longestMs) this.#longestMs = stallMs;
    // Written so that the first look after a `take`, with no end known, gets there too.
    if (nowMs < this.#endMs) return;
    this.#next(nowMs);
  }

  #next(nowMs: number): void {
    if (!Number.isNaN(this.#endMs)) this.#windows.push(this.#longestMs * 1000);
    this.#longestMs = 0;
    this.#endMs = nowMs + this.#windowMs;
  }

  /** The longest stall of each full window since the last `take`, in microseconds. Starts over with the next look. */
  take(): number[] {
    const windows = this.#windows;
    this.#windows = [];
    this.#lastMs = this.#endMs = Number.NaN;
    this.#longestMs = 0;
    return windows;
  }
}

export interface StallFigures {
  readonly percentiles: Percentiles;
  readonly worst: number;
}

/** Over the windows of all threads, in microseconds. */
export function stallFigures(windows: readonly number[]): StallFigures {
  const histogram = new LatencyHistogram();
  for (const window of windows) histogram.record(window);
  const { p50, p99, p999, max } = histogram;
  histogram.destroy();
  return { percentiles: { p50, p99, p999 }, worst: max };
}
