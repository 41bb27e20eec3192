/**
 * The way back to the last checkpoint, step by step: in which order, how often, what ends it.
 */
import { expect, test } from 'vitest';
import { goBack } from '../../../src/engine/recovery.ts';
import { RecoveryAttempts } from '../../../src/engine/recovery-attempts.ts';
import { MillraceError } from '../../../src/sdk/errors.ts';

/** Restarts fail with these causes in turn, and then no more. */
function stage(failures: readonly Error[], endsAfter = '') {
  const log: string[] = [];
  const left = [...failures];
  const steps = {
    now: () => 0,
    recovering: (cause: unknown) => void log.push(`recovering from ${String(cause)}`),
    endShards: () => Promise.resolve(void log.push('end')),
    pause: (ms: number) => Promise.resolve(void log.push(`pause ${ms}`)),
    rollBack: () => Promise.resolve(void log.push('roll back')),
    restart: () => {
      log.push('restart');
      const failure = left.shift();
      return failure === undefined ? Promise.resolve() : Promise.reject(failure);
    },
    isEnded: () => endsAfter !== '' && log.some((line) => line.startsWith(endsAfter)),
  };
  return { log, steps };
}

test('what is left of the shards ends before they start anew, after a pause that grows', async () => {
  const { log, steps } = stage([new Error('two')]);
  await goBack(new RecoveryAttempts(3), new Error('one'), steps);
  const [first, second] = ['one', 'two'].map((cause) => `recovering from Error: ${cause}`);
  expect(log).toEqual([
    first,
    'end',
    'pause 20',
    'roll back',
    'restart',
    second,
    'end',
    'pause 40',
    'roll back',
    'restart',
  ]);
});

test('after so many attempts the last cause is what failed', async () => {
  const { log, steps } = stage([new Error('two'), new Error('three')]);
  await expect(goBack(new RecoveryAttempts(2), new Error('one'), steps)).rejects.toThrow('three');
  expect(log.filter((line) => line === 'restart')).toHaveLength(2);
});

test.each(['DATA_DAMAGED', 'DATA_TOO_NEW', 'UNKNOWN_FUNCTION', 'FUNCTION_FAILED'] as const)(
  '%s is not tried again',
  async (code) => {
    const { log, steps } = stage([]);
    const cause = new MillraceError(code, 'as it is');
    await expect(goBack(new RecoveryAttempts(3), cause, steps)).rejects.toBe(cause);
    expect(log).toEqual([]);
  },
);

test.each([
  ['pause', ['end', 'pause 20']],
  ['roll back', ['end', 'pause 20', 'roll back']],
])('who was ended during the %s does not start anything', async (endsAfter, lines) => {
  const { log, steps } = stage([], endsAfter);
  await goBack(new RecoveryAttempts(3), new Error('one'), steps);
  expect(log).toEqual(['recovering from Error: one', ...lines]);
});
