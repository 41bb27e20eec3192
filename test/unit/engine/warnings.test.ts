/** Errors that no program listens to: seen, and not by the thousand. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Warnings } from '../../../src/engine/warnings.ts';
import { MillraceError } from '../../../src/sdk/errors.ts';

let told: unknown[][];

beforeEach(() => {
  vi.useFakeTimers();
  told = [];
  vi.spyOn(process, 'emitWarning').mockImplementation((...args: unknown[]) => void told.push(args));
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const failed = (n: number): MillraceError => new MillraceError('INVOCATION_FAILED', `Number ${n} failed.`);

test('a few of a code are told in full, and then how many more there were in that second', () => {
  const warnings = new Warnings();
  for (let n = 0; n < 25; n++) warnings.warn(failed(n));
  warnings.warn(new MillraceError('SHARD_STUCK', 'A function does not return.'));
  expect(told).toHaveLength(11);
  expect(told[0]).toEqual([failed(0).message, { type: 'MillraceWarning', code: 'INVOCATION_FAILED' }]);
  expect(told[10]?.[1]).toMatchObject({ code: 'SHARD_STUCK' });
  vi.advanceTimersByTime(1_000);
  expect(told).toHaveLength(12);
  expect(told[11]).toEqual([
    "15 more within a second; engine.on('error', …) hears of each.",
    { type: 'MillraceWarning', code: 'INVOCATION_FAILED' },
  ]);
});

test('the next second begins anew', () => {
  const warnings = new Warnings();
  for (let n = 0; n < 10; n++) warnings.warn(failed(n));
  vi.advanceTimersByTime(1_000);
  expect(told).toHaveLength(10);
  for (let n = 0; n < 3; n++) warnings.warn(failed(n));
  vi.advanceTimersByTime(1_000);
  expect(told).toHaveLength(13);
});
