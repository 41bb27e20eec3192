/**
 * One rally of ping-pong as ping sees it: how long each ball took to come back, and how many there were. Ours and the
 * rival keep it in the thread of ping, with the same clock and the same histogram.
 */
import { LatencyHistogram } from '../../src/metrics/latency.ts';

export interface RallyResult {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly histogram: string;
  /** Balls that pong has returned, as counted by pong. */
  readonly returnedCount: number;
  readonly seconds: number;
}

export class Rally {
  readonly #histogram = new LatencyHistogram();
  #beganAt = 0;
  #servedAt = 0;

  begin(): void {
    this.#histogram.reset();
    this.#beganAt = performance.now();
    this.serve();
  }

  serve(): void {
    this.#servedAt = performance.now();
  }

  returned(): void {
    this.#histogram.record((performance.now() - this.#servedAt) * 1000);
  }

  result(returnedCount: number): RallyResult {
    const { p50, p99, p999 } = this.#histogram;
    const histogram = this.#histogram.encode();
    return { p50, p99, p999, histogram, returnedCount, seconds: (performance.now() - this.#beganAt) / 1000 };
  }
}
