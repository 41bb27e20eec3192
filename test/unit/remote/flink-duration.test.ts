/** Durations as Flink reads them. */
import { expect, test } from 'vitest';
import { readFlinkDuration } from '../../../src/remote/flink-duration.ts';

test.each([
  ['0', 0],
  ['500', 500],
  ['10s', 10_000],
  ['10 sec', 10_000],
  ['1 second', 1_000],
  ['2 MIN', 120_000],
  ['3m', 180_000],
  ['2minutes', 120_000],
  ['1 h', 3_600_000],
  ['2 hours', 7_200_000],
  ['1d', 86_400_000],
  ['2 days', 172_800_000],
  ['7 ms', 7],
  ['7 millis', 7],
  ['1 milli', 1],
  ['7000 µs', 7],
  ['1 micro', 1],
  ['7000000 nanos', 7],
  ['1ns', 1],
  [' 12 s ', 12_000],
])('%s is %i ms', (text, ms) => {
  expect(readFlinkDuration(text)).toBe(ms);
});

test.each(['', 's', '-1s', '1.5 s', '1s 2s', '1 fortnight', '1e3', '9999999999999999999', '1\u00a0\u00a0s\ns', '0x10'])(
  '%j is none',
  (text) => {
    expect(readFlinkDuration(text)).toBeUndefined();
  },
);
