/**
 * Latencies that go from thread to thread are the same there, each of them once.
 */
import { expect, test } from 'vitest';
import { LatencySet } from '../../../src/metrics/latency-set.ts';

test('histograms of several threads add up, by name', () => {
  const [one, other, all] = [new LatencySet(), new LatencySet(), new LatencySet()];
  for (let ms = 1; ms <= 50; ms++) one.record('a', ms);
  for (let ms = 51; ms <= 100; ms++) other.record('a', ms);
  other.record('b', 0.0005);
  for (const set of [one, other]) all.add(set.take());
  const a = all.get('a');
  expect(a?.count).toBe(100);
  expect((a?.p50 ?? 0) / 1000).toBeCloseTo(50, 0);
  expect((a?.max ?? 0) / 1000).toBeCloseTo(100, 0);
  expect((a?.mean ?? 0) / 1000).toBeCloseTo(50.5, 0);
  expect(all.get('b')?.max).toBe(0.5);
  all.reset();
  expect([all.get('a')?.count, all.get('c')]).toEqual([0, undefined]);
});

test('what was taken is not taken again, and what comes then is', () => {
  const [one, all] = [new LatencySet(), new LatencySet()];
  expect(one.take()).toEqual({});
  for (let round = 1; round <= 3; round++) {
    for (let ms = 1; ms <= 10; ms++) one.record('a', ms * round);
    all.add(one.take());
    expect([all.get('a')?.count, Object.keys(one.take())]).toEqual([10 * round, []]);
  }
  expect((all.get('a')?.max ?? 0) / 1000).toBeCloseTo(30, 0);
});

test('a place may be counted more often than 32 bits can tell', () => {
  const set = new LatencySet();
  for (const times of [1, 2, 3]) {
    set.add({ a: { places: new Float64Array([100, 3e9, 900, 1]), max: 900 } });
    expect(set.get('a')?.count).toBe((3e9 + 1) * times);
  }
  expect([50, 99.99, 100].map((of) => set.get('a')?.percentile(of))).toEqual([0.1, 0.1, 0.9]);
  const read = new LatencySet();
  read.of('a').add(set.of('a').encode());
  expect(read.take()).toEqual(set.take());
});
