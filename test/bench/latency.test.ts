/**
 * The histogram of latencies: three significant digits, microseconds in and out, and no value that it cannot take.
 */
import { expect, test } from 'vitest';
import { LatencyHistogram } from '../../src/metrics/latency.ts';

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
