/**
 * Latencies that go from thread to thread as text are the same there.
 */
import { expect, test } from 'vitest';
import { LatencySet } from '../../../src/metrics/latency-set.ts';

test('histograms of several threads add up, by name', () => {
  const [one, other, all] = [new LatencySet(), new LatencySet(), new LatencySet()];
  for (let ms = 1; ms <= 50; ms++) one.record('a', ms);
  for (let ms = 51; ms <= 100; ms++) other.record('a', ms);
  other.record('b', 0.0005);
  for (const set of [one, other]) all.add(set.encode());
  const a = all.get('a');
  expect(a?.count).toBe(100);
  expect((a?.p50 ?? 0) / 1000).toBeCloseTo(50, 0);
  expect((a?.max ?? 0) / 1000).toBeCloseTo(100, 0);
  expect((a?.mean ?? 0) / 1000).toBeCloseTo(50.5, 0);
  expect(all.get('b')?.max).toBeCloseTo(0.5, 2);
  one.reset();
  expect([one.get('a')?.count, all.get('c')]).toEqual([0, undefined]);
  for (const set of [one, other, all]) set.destroy();
});
