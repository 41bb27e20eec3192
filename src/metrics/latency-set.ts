/**
 * The latencies that one thread measures, by what they are of. A histogram is made when there is something to keep, and
 * goes to another thread as counts. As long as the thread has none, its first values are kept as they are: a shard that
 * has just begun has better things to do than to load histograms.
 */
import { areHistogramsLoaded, type LatencyCounts, LatencyHistogram } from './latency.ts';

const US_PER_MS = 1_000;
/** So many values of one kind are kept before there must be a histogram. */
const EARLY_COUNT_MAX = 1_024;

/** What goes to another thread, by name. */
export type PortableLatencies = Readonly<Record<string, LatencyCounts>>;

export class LatencySet {
  readonly #histograms = new Map<string, LatencyHistogram>();
  /** In microseconds, of names without a histogram. */
  readonly #early = new Map<string, number[]>();

  record(name: string, ms: number): void {
    const histogram = this.#histograms.get(name);
    if (histogram !== undefined) histogram.record(ms * US_PER_MS);
    else this.#keep(name, ms * US_PER_MS);
  }

  get(name: string): LatencyHistogram | undefined {
    return this.#early.has(name) ? this.#histogram(name) : this.#histograms.get(name);
  }

  counts(): PortableLatencies {
    for (const name of this.#early.keys()) this.#histogram(name);
    return Object.fromEntries(Array.from(this.#histograms, ([name, histogram]) => [name, histogram.counts()]));
  }

  add(latencies: PortableLatencies): void {
    for (const [name, counts] of Object.entries(latencies)) this.#histogram(name).addCounts(counts);
  }

  /** Forgets all values. */
  reset(): void {
    for (const early of this.#early.values()) early.length = 0;
    for (const histogram of this.#histograms.values()) histogram.reset();
  }

  /** Gives all memory back. */
  destroy(): void {
    for (const histogram of this.#histograms.values()) histogram.destroy();
    this.#histograms.clear();
    this.#early.clear();
  }

  #keep(name: string, us: number): void {
    const early = this.#early.get(name) ?? [];
    early.push(us);
    this.#early.set(name, early);
    if (areHistogramsLoaded() || early.length >= EARLY_COUNT_MAX) this.#histogram(name);
  }

  /** Makes it if it is not there, of what is known so far. */
  #histogram(name: string): LatencyHistogram {
    const histogram = this.#histograms.get(name) ?? new LatencyHistogram();
    this.#histograms.set(name, histogram);
    for (const us of this.#early.get(name) ?? []) histogram.record(us);
    this.#early.delete(name);
    return histogram;
  }
}
