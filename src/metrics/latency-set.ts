/**
 * The latencies that one thread measures, by what they are of. A histogram is made when it gets its first value, and
 * goes to another thread as text.
 */
import { LatencyHistogram } from './latency.ts';

const US_PER_MS = 1_000;

/** By name, histograms as text. */
export type EncodedLatencies = Readonly<Record<string, string>>;

export class LatencySet {
  readonly #histograms = new Map<string, LatencyHistogram>();

  record(name: string, ms: number): void {
    this.#histogram(name).record(ms * US_PER_MS);
  }

  get(name: string): LatencyHistogram | undefined {
    return this.#histograms.get(name);
  }

  encode(): EncodedLatencies {
    return Object.fromEntries(Array.from(this.#histograms, ([name, histogram]) => [name, histogram.encode()]));
  }

  add(encoded: EncodedLatencies): void {
    for (const [name, text] of Object.entries(encoded)) this.#histogram(name).add(text);
  }

  /** Forgets all values. */
  reset(): void {
    for (const histogram of this.#histograms.values()) histogram.reset();
  }

  /** Gives all memory back. */
  destroy(): void {
    for (const histogram of this.#histograms.values()) histogram.destroy();
    this.#histograms.clear();
  }

  #histogram(name: string): LatencyHistogram {
    let histogram = this.#histograms.get(name);
    if (histogram === undefined) {
      histogram = new LatencyHistogram();
      this.#histograms.set(name, histogram);
    }
    return histogram;
  }
}
