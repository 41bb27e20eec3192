/**
 * The longest stall in each window of time: how long at most a thread did not come round to its work, by the clock and
 * without the time for which it only waited for a core; and how much of one was work on checkpoints, which is told to it.
 * Whoever does the work looks in each time it begins a piece of it. One thread owns it.
 *
 * A stall counts in the window in which it ends. One look is a comparison of a few numbers, so that it hardly slows down
 * what it watches. How long the thread has waited for a core is read after a gap, or every 50 µs; what it waited in
 * shorter gaps since the last reading may be taken from a stall, so that one of its own doing may be that much longer.
 */
import { LatencyHistogram } from '../../src/metrics/latency.ts';
import type { Percentiles } from '../harness/benchmark.ts';

/** As long as the time between two checkpoints, so that a window has about one cut. */
export const WINDOW_MS = 100;
const SAMPLE_MS = 0.05;

/** Of full windows, in microseconds. */
export interface Stalls {
  /** By the clock. */
  readonly wall: number[];
  /** Of the thread's own doing. */
  readonly own: number[];
  /** The most work on checkpoints within one stall. */
  readonly checkpoint: number[];
}

export class StallWindows {
  readonly #windowMs: number;
  readonly #waitedMs: () => number;
  #lastMs = Number.NaN;
  #endMs = Number.NaN;
  #longestMs = 0;
  #ownMs = 0;
  #sampledMs = Number.NaN;
  #waitedThenMs = 0;
  /** Work on checkpoints since the last look, and the most of it between two looks. */
  #checkpointMs = 0;
  #checkpointMaxMs = 0;
  #stalls: Stalls = noStalls();

  /** `waitedMs` says how long the thread has waited for a core. */
  constructor(windowMs: number, waitedMs: () => number) {
    this.#windowMs = windowMs;
    this.#waitedMs = waitedMs;
  }

  look(nowMs: number): void {
    const stallMs = nowMs - this.#lastMs;
    this.#lastMs = nowMs;
    if (stallMs > this.#longestMs) this.#longestMs = stallMs;
    if (this.#checkpointMs > this.#checkpointMaxMs) this.#checkpointMaxMs = this.#checkpointMs;
    this.#checkpointMs = 0;
    // Both written so that the first look after a `take`, with no times known, gets there too.
    if (!(nowMs - this.#sampledMs < SAMPLE_MS)) this.#sample(nowMs, stallMs);
    if (nowMs < this.#endMs) return;
    this.#next(nowMs);
  }

  /** So long the thread has worked on a checkpoint since the last look. */
  checkpointWork(ms: number): void {
    this.#checkpointMs += ms;
  }

  #sample(nowMs: number, stallMs: number): void {
    const waitedMs = this.#waitedMs();
    const ownMs = Math.min(stallMs, nowMs - this.#sampledMs - (waitedMs - this.#waitedThenMs));
    if (ownMs > this.#ownMs) this.#ownMs = ownMs;
    this.#sampledMs = nowMs;
    this.#waitedThenMs = waitedMs;
  }

  #next(nowMs: number): void {
    if (!Number.isNaN(this.#endMs)) {
      this.#stalls.wall.push(this.#longestMs * 1000);
      this.#stalls.own.push(this.#ownMs * 1000);
      this.#stalls.checkpoint.push(this.#checkpointMaxMs * 1000);
    }
    this.#longestMs = this.#ownMs = this.#checkpointMaxMs = 0;
    this.#endMs = nowMs + this.#windowMs;
  }

  /** The longest stalls of each full window since the last `take`. Starts over with the next look. */
  take(): Stalls {
    const stalls = this.#stalls;
    this.#stalls = noStalls();
    this.#checkpointMs = 0;
    this.#lastMs = this.#endMs = this.#sampledMs = Number.NaN;
    this.#longestMs = this.#ownMs = this.#checkpointMaxMs = 0;
    return stalls;
  }
}

function noStalls(): Stalls {
  return { wall: [], own: [], checkpoint: [] };
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

export function mergeStalls(stalls: readonly Stalls[]): Stalls {
  return {
    wall: stalls.flatMap(({ wall }) => wall),
    own: stalls.flatMap(({ own }) => own),
    checkpoint: stalls.flatMap(({ checkpoint }) => checkpoint),
  };
}
