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
