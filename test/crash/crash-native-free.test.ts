/**
 * A hundred kills of a real process over `millrace/native-free`: fifty of banks that keep their number of shards, and fifty
 * of banks that start with another one each time; `npm run crash` does as many as wanted. Both kill at points of one
 * survey.
 */
import { beforeAll, expect, test } from 'vitest';
import { type CrashSurvey, runCrashes, surveyCrashes } from './crash-run.ts';

const isNativeFree = true;
let found: CrashSurvey;

beforeAll(async () => {
  found = await surveyCrashes({ isNativeFree, seed: 2 });
});

test('the lives that are surveyed come to every call that there should be', () => {
  expect(found.missing).toEqual([]);
});

test.each([
  ['keeps its number of shards', { seed: 2, shardCounts: [2, 1] }],
  ['starts with another number of shards', { seed: 4, shardCounts: [2, 1, 3], isResharded: true }],
])('nothing acknowledged is lost and nothing is doubled, wherever a process is killed that %s', async (_, options) => {
  const { tally, complaints } = await runCrashes({ ...options, killCount: 50, isNativeFree, found });
  expect(complaints).toEqual([]);
  expect([tally.killCount, tally.recoveryCount, tally.lostCount, tally.duplicatedCount]).toEqual([50, 50, 0, 0]);
  expect(tally.pointCount).toBeGreaterThan(8);
  expect(tally.retriedCount).toBeGreaterThan(20);
  expect(tally.rarestCount).toBeGreaterThan(1);
  expect(tally.committedCount).toBeGreaterThan(100);
});
