/**
 * A hundred kills of a real process over `millrace/native-free`; `npm run crash` does as many as wanted.
 */
import { expect, test } from 'vitest';
import { runCrashes } from './crash-run.ts';

test('nothing that was acknowledged is lost and nothing is doubled, wherever the process is killed', async () => {
  const { tally, complaints } = await runCrashes({
    killCount: 100,
    seed: 1,
    isNativeFree: true,
    shardCounts: [2, 1, 3],
    isResharded: true,
  });
  expect(complaints).toEqual([]);
  expect([tally.killCount, tally.recoveryCount, tally.lostCount, tally.duplicatedCount]).toEqual([100, 100, 0, 0]);
  expect(tally.pointCount).toBeGreaterThan(15);
  expect(tally.committedCount).toBeGreaterThan(200);
});
