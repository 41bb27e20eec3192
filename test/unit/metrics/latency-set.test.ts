/**
 * Latencies that go from thread to thread are the same there.
 */
import { expect, test } from 'vitest';
import { LatencySet } from '../../../src/metrics/latency-set.ts';

test('histograms of several threads add up, by name', () => {
  const [one, other, all] = [new LatencySet(), new LatencySet(), new LatencySet()];
  for (let ms = 1; ms <= 50; ms++) one.record('a', ms);
  for (let ms = 51; ms <= 100; ms++) other.record('a', ms);
  other.record('b', 0.0005);
  for (const set of [one, other]) all.add(set.counts());
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

test('what came before there was a histogram is in it, however much it was', () => {
  for (const count of [1, 1_023, 1_024, 5_000]) {
    const set = new LatencySet();
    for (let value = 1; value <= count; value++) set.record('early', value);
    expect([set.get('early')?.count, (set.get('early')?.max ?? 0) / 1000]).toEqual([count, expect.closeTo(count, -1)]);
    set.reset();
    set.record('early', 7);
    expect(set.get('early')?.count).toBe(1);
  }
});

test('a reset forgets what came before there was a histogram, but not that it came', () => {
  const set = new LatencySet();
  set.record('early', 1);
  set.reset();
  expect([set.get('early')?.count, Object.keys(set.counts())]).toEqual([0, ['early']]);
});
