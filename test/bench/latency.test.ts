/**
 * The histogram of latencies: three significant digits, microseconds in and out, and no value that it cannot take.
 */
import { expect, test } from 'vitest';
import { encodeCounts, LatencyHistogram } from '../../src/metrics/latency.ts';

function within(actual: number, expected: number): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(expected * 0.001);
}

test('percentiles to three significant digits, below a microsecond too', () => {
  const histogram = new LatencyHistogram();
  for (let value = 1; value <= 10_000; value++) histogram.record(value / 10);
  expect(histogram.count).toBe(10_000);
  within(histogram.p50, 500);
  within(histogram.p99, 990);
  within(histogram.p999, 999);
  within(histogram.percentile(0.01), 0.1);
  within(histogram.max, 1_000);
  histogram.destroy();
});

test('what no clock should give is taken all the same', () => {
  const histogram = new LatencyHistogram();
  histogram.record(-5);
  expect(histogram.max).toBe(0);
  histogram.record(Number.POSITIVE_INFINITY);
  histogram.record(1e20);
  within(histogram.max, 3_600_000_000);
  expect(histogram.count).toBe(3);
  histogram.destroy();
});

test('is empty at first, after a reset, and of no use after destroy', () => {
  const histogram = new LatencyHistogram();
  expect([histogram.count, histogram.p50, histogram.max]).toEqual([0, 0, 0]);
  histogram.record(42);
  histogram.reset();
  expect([histogram.count, histogram.p50, histogram.max]).toEqual([0, 0, 0]);
  histogram.destroy();
  expect(() => histogram.record(1)).toThrow('destroyed');
});

test('what goes to another thread as counts is the same histogram there', () => {
  const [one, other] = [new LatencyHistogram(), new LatencyHistogram()];
  other.addCounts(one.counts());
  expect([other.count, other.mean, other.max]).toEqual([0, 0, 0]);
  for (const value of [0, 0, 0.001, 1.5, 2_047, 2_048, 1e6, 3_600_000_000]) one.record(value);
  expect(encodeCounts(one.counts())).toBe(one.encode());
  for (const times of [1, 2]) {
    other.addCounts(one.counts());
    expect(other.count).toBe(8 * times);
    expect([other.p50, other.p99, other.mean]).toEqual([one.p50, one.p99, one.mean]);
    within(other.max, one.max);
  }
  for (const histogram of [one, other]) histogram.destroy();
});
