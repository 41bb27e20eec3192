/**
 * The latencies that one thread measures, by what they are of. What a thread has measured goes to another as counts, and
 * only what has come since it was last taken: the rest is there already.
 */
import { LatencyHistogram } from './latency.ts';
import type { PlacedCounts } from './placed-counts.ts';

const US_PER_MS = 1_000;

/** What goes to another thread, by name. */
export type PortableLatencies = Readonly<Record<string, PlacedCounts>>;

export class LatencySet {
  readonly #histograms = new Map<string, LatencyHistogram>();

  record(name: string, ms: number): void {
    this.of(name).record(ms * US_PER_MS);
  }

  get(name: string): LatencyHistogram | undefined {
    return this.#histograms.get(name);
  }

  /** Made if there is none; whoever records often keeps it. */
  of(name: string): LatencyHistogram {
    let histogram = this.#histograms.get(name);
    if (histogram === undefined) {
      histogram = new LatencyHistogram();
      this.#histograms.set(name, histogram);
    }
    return histogram;
  }

  /** All values since the last call, which are forgotten here. */
  take(): PortableLatencies {
    const taken: Record<string, PlacedCounts> = {};
    for (const [name, histogram] of this.#histograms) if (histogram.count > 0) taken[name] = histogram.take();
    return taken;
  }

  add(latencies: PortableLatencies): void {
    for (const [name, counts] of Object.entries(latencies)) this.of(name).addCounts(counts);
  }

  /** Forgets all values. */
  reset(): void {
    for (const histogram of this.#histograms.values()) histogram.reset();
  }
}
