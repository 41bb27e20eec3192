/**
 * Sampling looks at some and leaves no regular pattern out.
 */
import { expect, test } from 'vitest';
import { Sampling } from '../../../src/metrics/sampling.ts';

test('about one in 64 is picked, the first one among them, and none when it is off', () => {
  const sampling = new Sampling(true);
  expect(sampling.picks()).toBe(true);
  let count = 0;
  for (let index = 0; index < 640_000; index++) if (sampling.picks()) count++;
  expect(count / 10_000).toBeGreaterThan(0.95);
  expect(count / 10_000).toBeLessThan(1.05);
  const off = new Sampling(false);
  for (let index = 0; index < 1000; index++) expect(off.picks()).toBe(false);
});

test('what comes in turns is picked evenly', () => {
  const sampling = new Sampling(true);
  const counts = [0, 0, 0, 0];
  for (let index = 0; index < 1_280_000; index++) if (sampling.picks()) counts[index % 4]++;
  for (const count of counts) expect(Math.abs(count - 5_000)).toBeLessThan(400);
});

test('all are counted, those that nobody could look at too, whether or not it is on', () => {
  for (const sampling of [new Sampling(true), new Sampling(false), new Sampling(true, 256, 7)]) {
    expect(sampling.count).toBe(0);
    for (let count = 1; count <= 1_000; count++) {
      sampling.picks();
      expect(sampling.count).toBe(count);
    }
    sampling.skip(50);
    sampling.picks();
    expect(sampling.count).toBe(1_051);
  }
});

test('of many that have a place each as many are picked at first as later, and not all at once', () => {
  const samplings = Array.from({ length: 4_096 }, (_, place) => new Sampling(true, 256, place));
  const counts = [0, 0, 0, 0];
  for (let index = 0; index < 1_024; index++) {
    const part = index >> 8;
    for (const sampling of samplings) if (sampling.picks()) counts[part]++;
  }
  for (const count of counts) expect(Math.abs(count / samplings.length - 1)).toBeLessThan(0.06);
  expect(new Set(samplings.map((sampling) => nextPick(sampling))).size).toBeGreaterThan(400);
});

function nextPick(sampling: Sampling): number {
  let gap = 1;
  while (!sampling.picks()) gap++;
  return gap;
}
