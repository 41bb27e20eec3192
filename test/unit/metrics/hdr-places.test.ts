/**
 * Values are counted where HdrHistogram counts them, and percentiles are those that it gives.
 */
import fc from 'fast-check';
import { build, type JsHistogram } from 'hdr-histogram-js';
import { expect, test } from 'vitest';
import { highestAt, lowestAt, PLACE_COUNT, placeOf, VALUE_MAX } from '../../../src/metrics/hdr-places.ts';
import { LatencyHistogram } from '../../../src/metrics/latency.ts';
import { percentilesOf } from '../../../src/metrics/placed-counts.ts';

const PERCENTAGES = [0.01, 1, 25, 50, 90, 99, 99.9, 99.99, 100];

function theirs(): JsHistogram {
  return build({
    useWebAssembly: false,
    bitBucketSize: 64,
    autoResize: false,
    lowestDiscernibleValue: 1,
    highestTrackableValue: VALUE_MAX,
    numberOfSignificantValueDigits: 3,
  }) as JsHistogram;
}

/** As many small ones as large ones. */
const anyValue = fc.tuple(fc.nat(41), fc.nat({ max: 2 ** 30 })).map(([bits, rest]) => {
  return Math.min(VALUE_MAX, Math.floor(2 ** bits * (1 + rest / 2 ** 30)));
});

test('any value has the place that it has there', () => {
  const histogram = theirs();
  const edges = Array.from({ length: 42 }, (_, bits) => 2 ** bits).flatMap((value) => [value - 1, value, value + 1]);
  const check = (value: number): void => {
    const place = placeOf(value);
    expect(place).toBe(histogram.countsArrayIndex(value));
    expect([lowestAt(place), highestAt(place)]).toEqual([
      histogram.valueFromIndex(place),
      histogram.highestEquivalentValue(value),
    ]);
  };
  for (const value of [0, ...edges.filter((edge) => edge <= VALUE_MAX), VALUE_MAX]) check(value);
  fc.assert(fc.property(anyValue, check), { numRuns: 5_000 });
  expect(PLACE_COUNT).toBe(histogram.countsArrayLength);
});

test('percentiles and mean are what it gives for the same values, however large they are', () => {
  const property = fc.property(fc.array(anyValue, { minLength: 1, maxLength: 500 }), (values) => {
    const [own, other] = [new LatencyHistogram(), theirs()];
    for (const value of values) {
      own.record(value / 1_000);
      other.recordValue(value);
    }
    // Nobody has waited longer than the longest, which is known exactly.
    const expected = PERCENTAGES.map((of) => Math.min(other.getValueAtPercentile(of), Math.max(...values)) / 1_000);
    expect(percentilesOf(own.counts(), PERCENTAGES).map((ns) => ns / 1_000)).toEqual(expected);
    expect(own.percentile(99)).toBe(expected[PERCENTAGES.indexOf(99)]);
    expect(own.mean * 1_000).toBeCloseTo(other.mean, 3);
  });
  fc.assert(property, { numRuns: 100 });
});
