/**
 * Histograms as text that other tools read, by way of hdr-histogram-js. Its only importer; it is loaded when the first
 * text is made or read, since that takes a thread some tens of milliseconds and few ask for one.
 */
import { createRequire } from 'node:module';
import type * as Hdr from 'hdr-histogram-js';
import { VALUE_MAX } from './hdr-places.ts';
import type { PlacedCounts } from './placed-counts.ts';

/** Lines per halving of the distance to 100 % in a distribution; five is what the usual plotters expect. */
const TICKS_PER_HALF_DISTANCE = 5;
/** Counts are kept as doubles: one place may hold more than 2^32. */
const BIT_BUCKET_SIZE = 64;
const NS_PER_US = 1_000;

let library: typeof Hdr | undefined;

function loaded(): typeof Hdr {
  return (library ??= createRequire(import.meta.url)('hdr-histogram-js') as typeof Hdr);
}

/** HDR's compressed form (V2) in base64. */
export function encode(values: PlacedCounts): string {
  return loaded().encodeIntoCompressedBase64(histogramOf(values));
}

/** Calls back with each value that was counted, and how often, in ascending order. */
export function decode(encoded: string, visitor: (value: number, count: number) => void): void {
  const histogram = loaded().decodeFromCompressedBase64(encoded, BIT_BUCKET_SIZE) as Hdr.JsHistogram;
  const last = histogram.countsArrayIndex(histogram.maxValue);
  for (let index = 0; index <= last; index++) {
    const count = histogram.getCountAtIndex(index);
    if (count > 0) visitor(histogram.valueFromIndex(index), count);
  }
}

/** The distribution by percentile that HDR plotters read (`.hgrm`): values are nanoseconds, and shown as microseconds. */
export function distribution(values: PlacedCounts): string {
  return histogramOf(values).outputPercentileDistribution(TICKS_PER_HALF_DISTANCE, NS_PER_US);
}

function histogramOf({ places, max }: PlacedCounts): Hdr.JsHistogram {
  const histogram = loaded().build({
    // Compiling it takes longer than all that it would ever save.
    useWebAssembly: false,
    bitBucketSize: BIT_BUCKET_SIZE,
    autoResize: false,
    lowestDiscernibleValue: 1,
    highestTrackableValue: VALUE_MAX,
    numberOfSignificantValueDigits: 3,
  }) as Hdr.JsHistogram;
  let total = 0;
  for (let at = 0; at < places.length; at += 2) {
    histogram.addToCountAtIndex(places[at], places[at + 1]);
    total += places[at + 1];
  }
  histogram.addToTotalCount(total);
  if (total > 0) {
    histogram.updateMinAndMax(histogram.highestEquivalentValue(histogram.valueFromIndex(places[0])));
    histogram.updateMinAndMax(max);
  }
  return histogram;
}
