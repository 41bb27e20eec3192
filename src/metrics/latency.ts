/**
 * Latencies and their percentiles: an HDR histogram, which keeps every value to three significant digits at constant
 * cost and size, whatever the shape of the distribution. It counts by itself, in the places that HDR has for values:
 * that takes a tenth of what the library takes, and no thread that only counts has to load it.
 *
 * Values go in and come out in microseconds and are kept in nanoseconds. One histogram belongs to one thread; its 264 KB
 * are address space until something is counted in them.
 */
import { assert } from '../base/assert.ts';
import { highestAt, lowestAt, PLACE_COUNT, placeOf, VALUE_MAX } from './hdr-places.ts';
import { decode, distribution, encode } from './hdr-text.ts';
import { meanOf, type PlacedCounts, percentilesOf } from './placed-counts.ts';

const NS_PER_US = 1_000;

export class LatencyHistogram {
  /** By place. Doubles, since one place may hold more than 2^32. */
  #kept: Float64Array | undefined = new Float64Array(PLACE_COUNT);
  /** A bit for each place, so that who goes through those in use need not look at all. */
  readonly #inUse = new Int32Array(PLACE_COUNT / 32);
  #placeCount = 0;
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
    const counts = this.#counts;
    if (counts[place] === 0) this.#use(place);
    counts[place] += count;
    this.#count += count;
    if (ns > this.#maxNs) this.#maxNs = ns;
  }

  #use(place: number): void {
    this.#inUse[place >>> 5] |= 1 << (place & 31);
    this.#placeCount++;
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
    return percentilesOf(this.counts(), [percentage])[0] / NS_PER_US;
  }

  /** 0 while there are no values. */
  get mean(): number {
    return meanOf(this.counts()) / NS_PER_US;
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

  /** All of it, for another thread or to reckon with. */
  counts(): PlacedCounts {
    const counts = this.#counts;
    const places = new Float64Array(this.#placeCount * 2);
    const last = placeOf(this.#maxNs) >>> 5;
    let at = 0;
    for (let word = 0; word <= last; word++) {
      for (let bits = this.#inUse[word]; bits !== 0; bits &= bits - 1) {
        const place = word * 32 + 31 - Math.clz32(bits & -bits);
        places[at++] = place;
        places[at++] = counts[place];
      }
    }
    return { places, max: this.#maxNs };
  }

  /** The same, and forgets it. */
  take(): PlacedCounts {
    const taken = this.counts();
    const counts = this.#counts;
    for (let at = 0; at < taken.places.length; at += 2) counts[taken.places[at]] = 0;
    this.#inUse.fill(0);
    this.#placeCount = 0;
    this.#count = 0;
    this.#maxNs = 0;
    return taken;
  }

  addCounts({ places, max }: PlacedCounts): void {
    for (let at = 0; at < places.length; at += 2) this.#add(places[at], lowestAt(places[at]), places[at + 1]);
    this.#maxNs = Math.max(this.#maxNs, max);
  }

  /** Forgets all values. */
  reset(): void {
    this.take();
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
