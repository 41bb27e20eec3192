/**
 * Latencies and their percentiles: an HDR histogram, which keeps every value to three significant digits at constant
 * cost and size, whatever the shape of the distribution. It counts by itself, in the places that HDR has for values:
 * that takes a tenth of what the library takes, and no thread that only counts has to load it.
 *
 * Values go in and come out in microseconds and are kept in nanoseconds. One histogram belongs to one thread; its 264 KB
 * are address space until something is counted in them.
 */
import { assert } from '../base/assert.ts';
import { highestAt, lowestAt, PLACE_COUNT, type PlacedCounts, placeOf, VALUE_MAX } from './hdr-places.ts';
import { decode, distribution, encode } from './hdr-text.ts';

const NS_PER_US = 1_000;

export class LatencyHistogram {
  /** By place. Doubles, since one place may hold more than 2^32. */
  #kept: Float64Array | undefined = new Float64Array(PLACE_COUNT);
  #count = 0;
  #maxNs = 0;

  get #counts(): Float64Array {
    assert(this.#kept !== undefined, 'a histogram that was destroyed is not used any more');
    return this.#kept;
  }

  /** Adds one latency. Negative ones, as clocks that step back give them, count as 0; more than an hour, as an hour. */
  record(microseconds: number): void {
    const ns = Math.round(Math.min(Math.max(microseconds * NS_PER_US, 0), VALUE_MAX));
    this.#add(placeOf(ns), ns, 1);
  }

  #add(place: number, ns: number, count: number): void {
    this.#counts[place] += count;
    this.#count += count;
    if (ns > this.#maxNs) this.#maxNs = ns;
  }

  get count(): number {
    return this.#count;
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
    return this.#maxNs / NS_PER_US;
  }

  /** What `percentage` percent of all values do not exceed; 0 while there are none. */
  percentile(percentage: number): number {
    return this.percentiles([percentage])[0];
  }

  /** The same for several at once, which must ascend. */
  percentiles(percentages: readonly number[]): number[] {
    const values: number[] = [];
    let seen = 0;
    this.#visit((place, count) => {
      seen += count;
      while (values.length < percentages.length && seen >= this.#rank(percentages[values.length])) {
        values.push(Math.min(highestAt(place), this.#maxNs) / NS_PER_US);
      }
    });
    return percentages.map((_, index) => values[index] ?? this.max);
  }

  /** How many values there are up to that percentile. What rounding adds to the product must not count as one more. */
  #rank(percentage: number): number {
    const rank = (Math.min(percentage, 100) / 100) * this.#count;
    return Math.max(Math.ceil(rank - rank * Number.EPSILON), 1);
  }

  /** 0 while there are no values. */
  get mean(): number {
    let sum = 0;
    this.#visit((place, count) => {
      const value = lowestAt(place);
      sum += count * (value + Math.floor((lowestAt(place + 1) - value) / 2));
    });
    return sum / Math.max(1, this.#count) / NS_PER_US;
  }

  /** All of it as text, in nanoseconds: HDR's compressed form (V2) in base64, which other tools read, too. */
  encode(): string {
    return encode(this.counts());
  }

  /** Adds all values of a histogram that was encoded. */
  add(encoded: string): void {
    decode(encoded, (ns, count) => {
      const place = placeOf(ns);
      this.#add(place, highestAt(place), count);
    });
  }

  /** All of it, for another thread. */
  counts(): PlacedCounts {
    const places: number[] = [];
    this.#visit((place, count) => places.push(place, count));
    return { places: new Float64Array(places), max: this.#maxNs };
  }

  addCounts({ places, max }: PlacedCounts): void {
    for (let at = 0; at < places.length; at += 2) this.#add(places[at], lowestAt(places[at]), places[at + 1]);
    this.#maxNs = Math.max(this.#maxNs, max);
  }

  /** Whatever was counted, from the smallest value to the largest. */
  #visit(visitor: (place: number, count: number) => void): void {
    const counts = this.#counts;
    const last = placeOf(this.#maxNs);
    for (let place = 0; place <= last; place++) if (counts[place] > 0) visitor(place, counts[place]);
  }

  /** Forgets all values. */
  reset(): void {
    this.#counts.fill(0, 0, placeOf(this.#maxNs) + 1);
    this.#count = 0;
    this.#maxNs = 0;
  }

  /** The distribution by percentile as the text that HDR plotters read (`.hgrm`), in microseconds. */
  distribution(): string {
    return distribution(this.counts());
  }

  /** Gives the memory back. The histogram cannot be used any more. */
  destroy(): void {
    this.#kept = undefined;
  }
}

/** The histogram with these values, encoded as text. */
export function encodeCounts(counts: PlacedCounts): string {
  const histogram = new LatencyHistogram();
  histogram.addCounts(counts);
  return histogram.encode();
}
