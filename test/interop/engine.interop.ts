/** The official SDKs behind our engine: the scenario, and StateFun's smoke test with kills and a bad network. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FAULT_RATES } from '../smoke/statefun/faulty-proxy.ts';
import { runStatefunSmoke } from '../smoke/statefun/smoke-run.ts';
import { onOurEngine } from './grounds.ts';
import type { RunningProgram } from './running-program.ts';
import { expectedRecords, play } from './scenario.ts';
import { SDK_PROGRAMS } from './sdk-programs.ts';

const REMOTE_MODULE = new URL('./remote-module.ts', import.meta.url);
const OWN_MODULE = new URL('./own-module.ts', import.meta.url);

it('our own functions on our engine', async () => {
  expect(await onOurEngine(OWN_MODULE, undefined, play)).toEqual(expectedRecords());
});

for (const program of SDK_PROGRAMS) {
  const skipped = program.missing === undefined ? '' : `, skipped: ${program.missing}`;
  describe.skipIf(program.missing !== undefined)(`${program.language} SDK behind our engine${skipped}`, () => {
    let running: RunningProgram;
    beforeAll(async () => {
      await program.build();
      running = await program.start();
    });
    afterAll(() => running?.stop());

    it('greets and keeps shopping carts', async () => {
      expect(await onOurEngine(REMOTE_MODULE, running.url, play)).toEqual(expectedRecords());
    });

    it('passes the smoke test, killed over and over, on a bad network', async () => {
      const report = await runStatefunSmoke({
        program,
        seed: 5,
        messageCount: 5_000,
        functionCount: 64,
        depth: 10,
        shardCount: 2,
        engineKills: 2,
        functionKills: 2,
        lifeMs: 3_000,
        faults: FAULT_RATES,
        timeoutMs: 240_000,
      });
      expect(report.differences, 'seed 5').toEqual([]);
      expect(report.messageCount).toBeGreaterThan(5_000);
    });
  });
}
