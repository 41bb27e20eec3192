/**
 * The simulation with a disk, as much of it as a test run has time for; `npm run sim` is for more. What fails here names
 * its seed and the command that repeats it.
 */
import { expect, test } from 'vitest';
import { WORKLOADS } from './durable-simulation.ts';
import { runSeed } from './seed-run.ts';
import { Statistics } from '../../src/testing/statistics.ts';

const SEED_COUNT = 400;
/** How often it must have happened in so many seeds of each workload, or else the simulation is too tame. */
const AT_LEAST = {
  commits: 1_500,
  crashes: 250,
  kills: 150,
  deathsWhileStarting: 200,
  shardFailures: 150,
  recoveries: 150,
  failuresWhileRecovering: 50,
  processFailures: 100,
  faults: 150,
  failedSyncs: 80,
  fullDisks: 40,
  cuts: 1_000,
  cutMessages: 500,
  foldedEntities: 1_500,
};

test.each(WORKLOADS.map((_, index) => index + 1))(
  `${SEED_COUNT} seeds of workload %i`,
  { timeout: 300_000 },
  async (workload) => {
    const statistics = new Statistics();
    for (let seed = 1; seed <= SEED_COUNT; seed++) statistics.add((await runSeed(seed, { workload })).statistics);
    console.log(`workload ${workload}: ${statistics.lines()}`);
    for (const [name, count] of Object.entries(AT_LEAST)) {
      expect(statistics[name as keyof typeof AT_LEAST], name).toBeGreaterThan(count);
    }
  },
);

test('entities leave memory and are fetched again', async () => {
  const statistics = new Statistics();
  for (let seed = 1; seed <= 60; seed++) {
    statistics.add((await runSeed(seed, { workload: 2, memory: 0, fold: 1 })).statistics);
  }
  expect(statistics.evictions).toBeGreaterThan(500);
  expect(statistics.coldFetches).toBeGreaterThan(500);
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
