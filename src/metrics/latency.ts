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
  #kept: Hdr.Histogram | undefined;

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
    });
  }

  get #histogram(): Hdr.Histogram {
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

  get mean(): number {
    return this.#histogram.mean / NS_PER_US;
  }

  /** All of it as text, in nanoseconds: HDR's compressed form (V2) in base64, which other tools read, too. */
  encode(): string {
    return loadHistograms().encodeIntoCompressedBase64(this.#histogram);
  }

  /** Adds all values of a histogram that was encoded. */
  add(encoded: string): void {
    this.#histogram.add(loadHistograms().decodeFromCompressedBase64(encoded, BIT_BUCKET_SIZE));
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
