/**
 * The simulation with a disk, as much of it as a test run has time for; `npm run sim` is for more. What fails here names
 * its seed and the command that repeats it. The other half of the workloads is in `durable-even.test.ts`.
 */
import { expect, test } from 'vitest';
import { Statistics } from '../../src/testing/statistics.ts';
import { testWorkloads } from './durable-seeds.ts';
import { runSeed } from './seed-run.ts';

testWorkloads(1);

test('entities leave memory and are fetched again', async () => {
  const statistics = new Statistics();
  for (let seed = 1; seed <= 60; seed++) {
    statistics.add((await runSeed(seed, { workload: 2, memory: 0, fold: 1 })).statistics);
  }
  expect(statistics.evictions).toBeGreaterThan(500);
  expect(statistics.coldFetches).toBeGreaterThan(500);
});

test('a failed sync of a new segment or of its directory does not come again and again', async () => {
  const pins = { faults: 3, full: 0, crashes: 0, kills: 0, segment: 1, reshards: 0 };
  const statistics = new Statistics();
  for (let seed = 1; seed <= 30; seed++) statistics.add((await runSeed(seed, pins)).statistics);
  expect(statistics.failedSyncs).toBeGreaterThan(10);
});

test('the same seed is the same run', async () => {
  const hashes = new Set<string>();
  for (let seed = 1; seed <= 40; seed++) {
    const { hash } = await runSeed(seed);
    expect((await runSeed(seed)).hash).toBe(hash);
    hashes.add(hash);
  }
  expect(hashes.size).toBeGreaterThan(38);
});
