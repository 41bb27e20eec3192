/** Durations: what is understood, what is not, and that none comes out too short. */
import { expect, test } from 'vitest';
import { durationMs, readDuration } from '../../../src/sdk/duration.ts';

test.each([
  [0, 0],
  [1_500, 1_500],
  [0.2, 1],
  ['250ms', 250],
  ['250', undefined],
  ['90 s', 90_000],
  ['1.5 minutes', 90_000],
  ['1h 30m', 5_400_000],
  [' 2 days ', 172_800_000],
  ['30 days', 2_592_000_000],
  ['1 week', 604_800_000],
  ['1 day and a half', undefined],
  ['1 month', undefined],
  ['-1 s', undefined],
  ['', undefined],
  [-1, undefined],
  [Number.NaN, undefined],
  [Number.POSITIVE_INFINITY, undefined],
  [undefined, undefined],
  [null, undefined],
])('%j is %s ms', (duration, ms) => {
  expect(readDuration(duration)).toBe(ms);
});

test('a definition without a duration says what it wants', () => {
  expect(() => durationMs('soon', 'expire.after')).toThrow(
    expect.objectContaining({ code: 'INVALID_DEFINITION', message: expect.stringContaining('expire.after') as string }),
  );
});
