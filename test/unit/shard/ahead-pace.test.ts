/**
 * When is encoded ahead: whenever enough waits, unless the same entities are written again and again.
 */
import { expect, test } from 'vitest';
import { AheadPace } from '../../../src/shard/durable/ahead-pace.ts';

const MUCH_AGAIN = { count: 10_000, repeatedCount: 3_000 };
const LITTLE_AGAIN = { count: 10_000, repeatedCount: 2_500 };

test('few are left for the cut, and many are not', () => {
  const pace = new AheadPace(100);
  expect([99, 100, 5_000].map((count) => pace.allows(count, { count: 0, repeatedCount: 0 }))).toEqual([
    false,
    true,
    true,
  ]);
});

test('an epoch in which much comes again has no more of it, nor have the next ones, and then it is tried again', () => {
  const pace = new AheadPace(1);
  expect(pace.allows(10, LITTLE_AGAIN)).toBe(true);
  expect(pace.allows(10, MUCH_AGAIN)).toBe(false);
  pace.endEpoch(MUCH_AGAIN);
  const none = { count: 0, repeatedCount: 0 };
  let restCount = 0;
  for (; !pace.allows(10, none) && restCount < 100; restCount++) pace.endEpoch(none);
  expect(restCount).toBe(16);
  pace.endEpoch(LITTLE_AGAIN);
  expect(pace.allows(10, none)).toBe(true);
});
