/**
 * How often in a row, and with which pauses; and what makes up for failures.
 */
import { expect, test } from 'vitest';
import { RecoveryAttempts } from '../../../src/engine/recovery-attempts.ts';

const WELL_MS = 60_000;

test('pauses double up to five seconds', () => {
  const attempts = new RecoveryAttempts(11);
  const pauses = Array.from({ length: 11 }, () => attempts.next(0));
  expect(pauses).toEqual([20, 40, 80, 160, 320, 640, 1_280, 2_560, 5_000, 5_000, 5_000]);
});

test('after so many in a row there is none', () => {
  const attempts = new RecoveryAttempts(2);
  expect([attempts.next(0), attempts.next(100), attempts.next(200), attempts.next(300)]).toEqual([
    20,
    40,
    undefined,
    undefined,
  ]);
});

test('with none allowed the first failure is the last', () => {
  expect(new RecoveryAttempts(0).next(0)).toBeUndefined();
});

test('a minute without a failure makes up for all, and less does not', () => {
  const attempts = new RecoveryAttempts(3);
  expect([attempts.next(0), attempts.next(1_000)]).toEqual([20, 40]);
  expect(attempts.next(1_000 + WELL_MS)).toBe(80);
  expect(attempts.next(1_000 + 2 * WELL_MS + 1)).toBe(20);
  expect(attempts.count).toBe(1);
});

test('the minute is counted from the last failure, tried or not', () => {
  const attempts = new RecoveryAttempts(1);
  expect([attempts.next(0), attempts.next(50_000), attempts.next(100_000)]).toEqual([20, undefined, undefined]);
  expect(attempts.next(200_000)).toBe(20);
});
