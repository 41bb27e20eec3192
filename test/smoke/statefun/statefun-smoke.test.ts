/**
 * StateFun's smoke test at a size for every test run; `npm run smoke:statefun` takes more. Case 60 of the protocol's
 * conformance list.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { FAULT_RATES, NO_FAULTS } from './faulty-proxy.ts';
import { runStatefunSmoke } from './smoke-run.ts';

test('#60 the official JavaScript SDK behind our engine, killed over and over, on a bad network', async () => {
  const seed = 60;
  const report = await runStatefunSmoke({
    seed,
    messageCount: 1_500,
    functionCount: 32,
    depth: 10,
    shardCount: 2,
    engineKills: 2,
    functionKills: 2,
    lifeMs: 1_000,
    faults: FAULT_RATES,
    timeoutMs: 600_000,
  });
  expect(report.differences, `seed ${seed}`).toEqual([]);
  expect(report).toMatchObject({ engineKills: 2, functionKills: 2 });
  // Not for want of anything that could go wrong.
  expect(report.messageCount).toBeGreaterThan(1_500);
  expect(report.faultCounts['failing after']).toBeGreaterThan(0);
  expect(report.faultCounts['duplicated']).toBeGreaterThan(0);
});

test('a run that is over before all kills starts nothing any more', async () => {
  const processCount = (): number => process.getActiveResourcesInfo().filter((name) => name === 'ProcessWrap').length;
  await expect.poll(processCount).toBe(0);
  const lifeMs = 3_000;
  const { differences, engineKills } = await runStatefunSmoke({
    seed: 61,
    messageCount: 50,
    functionCount: 4,
    depth: 2,
    shardCount: 1,
    engineKills: 1_000,
    functionKills: 1_000,
    lifeMs,
    faults: NO_FAULTS,
    timeoutMs: 600_000,
  });
  expect(differences).toEqual([]);
  expect(engineKills).toBeLessThan(1_000);
  await sleep(lifeMs);
  await expect.poll(processCount).toBe(0);
});
