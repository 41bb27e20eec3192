/**
 * Calls to the file system that fail, over `millrace`: a sample of all kinds; `npm run crash -- --faults all`
 * tries all.
 */
import { expect, test } from 'vitest';
import { runFaults } from './fault-run.ts';

test('a call that fails costs nothing that was acknowledged, and says so', async () => {
  const { outcomes, complaints, missing, triedCount, allCount } = await runFaults({
    isNativeFree: false,
    seed: 1,
    sampleCount: 16,
  });
  expect(complaints).toEqual([]);
  expect(missing).toEqual([]);
  expect(triedCount).toBe(16);
  expect(allCount).toBeGreaterThan(1_000);
  const ends = [...outcomes.keys()].map((outcome) => outcome.split(':')[0]);
  expect(ends).toEqual(expect.arrayContaining(['finished', 'not started', 'failed']));
});
