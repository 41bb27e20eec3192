/**
 * Latencies and their percentiles: an HDR histogram, which keeps every value to three significant digits at constant
 * cost and size (about 130 KB), whatever the shape of the distribution. The only importer of hdr-histogram-js, which is
 * loaded with the first histogram: that takes a thread some tens of milliseconds, and no start should wait for it.
 *
 * Values go in and come out in microseconds and are kept in nanoseconds. One histogram belongs to one thread.
 */
import { createRequire } from 'node:module';
import type * as Hdr from 'hdr-histogram-js';
import { assert } from '../base/assert.ts';

/** One hour. What took longer counts as that long. */
const LATENCY_NS_MAX = 3_600_000_000_000;
const NS_PER_US = 1_000;
/** Lines per halving of the distance to 100 % in the text; five is what the usual plotters expect. */
const TICKS_PER_HALF_DISTANCE = 5;
const BIT_BUCKET_SIZE = 32;

/** Places among the counts of a histogram, each followed by the count there. The same place means the same everywhere. */
export type LatencyCounts = Uint32Array;

let library: typeof Hdr | undefined;

/** Once per thread; further calls return at once. */
export function loadHistograms(): typeof Hdr {
  return (library ??= createRequire(import.meta.url)('hdr-histogram-js') as typeof Hdr);
}

/** Whether a histogram can be made without a pause. */
export function areHistogramsLoaded(): boolean {
  return library !== undefined;
}

export class LatencyHistogram {
  #kept: Hdr.Int32Histogram | undefined;

  constructor() {
    this.#kept = loadHistograms().build({
      // Compiling it takes longer than all that it would ever save.
      useWebAssembly: false,
      bitBucketSize: BIT_BUCKET_SIZE,
      // Resizing would allocate amid a measurement; the full range costs little from the start.
      autoResize: false,
      lowestDiscernibleValue: 1,
      highestTrackableValue: LATENCY_NS_MAX,
      numberOfSignificantValueDigits: 3,
    }) as Hdr.Int32Histogram;
  }

  get #histogram(): Hdr.Int32Histogram {
    assert(this.#kept !== undefined, 'a histogram that was destroyed is not used any more');
    return this.#kept;
  }

  /** Adds one latency. Negative ones, as clocks that step back give them, count as 0. */
  record(microseconds: number): void {
    this.#histogram.recordValue(Math.round(Math.min(Math.max(microseconds * NS_PER_US, 0), LATENCY_NS_MAX)));
  }

  get count(): number {
    return this.#histogram.totalCount;
  }

  get p50(): number {
    return this.percentile(50);
  }

  get p99(): number {
    return this.percentile(99);
  }

  get p999(): number {
    return this.percentile(99.9);
  }

  get p9999(): number {
    return this.percentile(99.99);
  }

  get max(): number {
    return this.#histogram.maxValue / NS_PER_US;
  }

  /** What `percentage` percent of all values do not exceed; 0 while there are none. */
  percentile(percentage: number): number {
    return this.#histogram.getValueAtPercentile(percentage) / NS_PER_US;
  }

  /** 0 while there are no values. The library's own takes milliseconds. */
  get mean(): number {
    const histogram = this.#histogram;
    let sum = 0;
    this.#visit((index, count) => {
      const value = histogram.valueFromIndex(index);
      sum += count * (value + Math.floor((histogram.valueFromIndex(index + 1) - value) / 2));
    });
    return sum / Math.max(1, histogram.totalCount) / NS_PER_US;
  }

  /** All of it as text, in nanoseconds: HDR's compressed form (V2) in base64, which other tools read, too. */
  encode(): string {
    return loadHistograms().encodeIntoCompressedBase64(this.#histogram);
  }

  /** Adds all values of a histogram that was encoded. */
  add(encoded: string): void {
    this.#histogram.add(loadHistograms().decodeFromCompressedBase64(encoded, BIT_BUCKET_SIZE) as Hdr.JsHistogram);
  }

  /** All of it for another thread. It takes a small part of a millisecond, and the text takes several. */
  counts(): LatencyCounts {
    const counts: number[] = [];
    this.#visit((index, count) => counts.push(index, count));
    return Uint32Array.from(counts);
  }

  addCounts(counts: LatencyCounts): void {
    if (counts.length === 0) return;
    const histogram = this.#histogram;
    let total = 0;
    for (let at = 0; at < counts.length; at += 2) {
      histogram.addToCountAtIndex(counts[at], counts[at + 1]);
      total += counts[at + 1];
    }
    histogram.addToTotalCount(total);
    histogram.updateMinAndMax(histogram.highestEquivalentValue(histogram.valueFromIndex(counts[0])));
    histogram.updateMinAndMax(histogram.highestEquivalentValue(histogram.valueFromIndex(counts[counts.length - 2])));
  }

  /** Whatever was counted, from the smallest value to the largest: its place among the histogram's counts, and how often. */
  #visit(visitor: (index: number, count: number) => void): void {
    const histogram = this.#histogram;
    const last = histogram.countsArrayIndex(histogram.maxValue);
    for (let index = 0; index <= last; index++) {
      const count = histogram.getCountAtIndex(index);
      if (count > 0) visitor(index, count);
    }
  }

  /** Forgets all values. */
  reset(): void {
    this.#histogram.reset();
  }

  /** The distribution by percentile as the text that HDR plotters read (`.hgrm`), in microseconds. */
  distribution(): string {
    return this.#histogram.outputPercentileDistribution(TICKS_PER_HALF_DISTANCE, NS_PER_US);
  }

  /** Gives the memory back. The histogram cannot be used any more. */
  destroy(): void {
    this.#kept = undefined;
  }
}

/** The histogram with these values, encoded as text. */
export function encodeCounts(counts: LatencyCounts): string {
  const histogram = new LatencyHistogram();
  histogram.addCounts(counts);
  return histogram.encode();
}
