/**
 * Fifty kills of a real process over `millrace`, which starts with another number of shards each
 * time; `npm run crash -- --reshard --shards 1,2,3` does as many as wanted.
 */
import { expect, test } from 'vitest';
import { runCrashes } from './crash-run.ts';

test('nothing that was acknowledged is lost and nothing is doubled, wherever the process is killed', async () => {
  const options = { killCount: 50, seed: 3, isNativeFree: false, shardCounts: [2, 1, 3], isResharded: true };
  const { tally, missing, complaints } = await runCrashes(options);
  expect(complaints).toEqual([]);
  expect(missing).toEqual([]);
  expect([tally.killCount, tally.recoveryCount, tally.lostCount, tally.duplicatedCount]).toEqual([50, 50, 0, 0]);
  expect(tally.pointCount).toBeGreaterThan(8);
  expect(tally.retriedCount).toBeGreaterThan(20);
  expect(tally.rarestCount).toBeGreaterThan(1);
  expect(tally.committedCount).toBeGreaterThan(100);
});
