/**
 * Test cases that run so many seeds of a durable workload and see that enough has happened in them. Two test files
 * share the workloads, so that they run at the same time.
 */
import { expect, test } from 'vitest';
import { Statistics } from '../../src/testing/statistics.ts';
import { WORKLOADS } from './durable-simulation.ts';
import { runSeed } from './seed-run.ts';

const SEED_COUNT = Number(process.env['MILLRACE_SEEDS'] ?? 100);
/** How often it must have happened in 400 seeds of each workload, or else the simulation is too tame. */
const AT_LEAST = {
  commits: 1_500,
  crashes: 250,
  kills: 150,
  deathsWhileStarting: 200,
  shardFailures: 150,
  recoveries: 150,
  failuresWhileRecovering: 50,
  processFailures: 80,
  faults: 150,
  failedSyncs: 80,
  fullDisks: 40,
  savepoints: 60,
  moves: 30,
  reshards: 100,
  cuts: 1_000,
  cutMessages: 500,
  foldedEntities: 1_500,
};
/** The same of what only one of them does. */
const AT_LEAST_IN: Readonly<Record<number, Partial<typeof AT_LEAST & Record<'threadDeaths' | 'quarantines', number>>>> =
  { 12: { threadDeaths: 800, quarantines: 300 } };

/** Every second workload, from this one on; they count from 1. */
export function testWorkloads(first: number): void {
  const numbers = WORKLOADS.map((_, index) => index + 1).filter((number) => number % 2 === first % 2);
  test.each(numbers)(`${SEED_COUNT} seeds of workload %i`, { timeout: SEED_COUNT * 3_000 }, async (workload) => {
    const statistics = new Statistics();
    for (let seed = 1; seed <= SEED_COUNT; seed++) statistics.add((await runSeed(seed, { workload })).statistics);
    console.log(`workload ${workload}: ${statistics.lines()}`);
    for (const [name, count] of Object.entries({ ...AT_LEAST, ...AT_LEAST_IN[workload] })) {
      expect(statistics[name as keyof typeof AT_LEAST], name).toBeGreaterThan((count * SEED_COUNT) / 400);
    }
  });
}
