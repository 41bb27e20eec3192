/** Naps while responses gather: a fraction of a call, one for some responses at most, and none where calls are few. */
import { expect, test } from 'vitest';
import { CallNaps } from '../../../src/ring/call-naps.ts';

test('where 64 calls of 16 ms are under way, a nap takes 2 ms', () => {
  const naps = new CallNaps(100);
  // Four in a millisecond.
  expect(naps.napMs(102, 64, 8)).toBeCloseTo(2);
});

test('a nap that was ended early goes on, and there is no further one before some calls have ended', () => {
  const naps = new CallNaps(0);
  expect(naps.napMs(2, 64, 8)).toBeCloseTo(2);
  expect(naps.napMs(3.5, 64, 8)).toBeCloseTo(0.5);
  expect(naps.napMs(4, 64, 11)).toBe(0);
  expect(naps.napMs(5, 64, 12)).toBeCloseTo(6);
});

test('there is none with few calls under way, nor where they end at once', () => {
  expect(new CallNaps(0).napMs(2, 15, 8)).toBe(0);
  expect(new CallNaps(0).napMs(2, 16, 8)).toBeGreaterThan(0);
  expect(new CallNaps(0).napMs(0.05, 64, 8)).toBe(0);
});

test('slow calls make no long naps', () => {
  expect(new CallNaps(0).napMs(60_000, 1_000, 4)).toBe(8);
});

test('counts go round', () => {
  const naps = new CallNaps(0);
  naps.napMs(1, 64, 0x7f_ff_ff_fe);
  naps.napMs(10, 64, 0x7f_ff_ff_fe);
  expect(naps.napMs(12, 64, 0x7f_ff_ff_fe + 8 - 2 ** 32)).toBeGreaterThan(0);
});
