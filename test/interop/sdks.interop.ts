/**
 * The official SDKs, one by one, asked by a script in the bytes of the protocol. This says what the programs are worth as
 * witnesses, before Millrace takes the place of the script.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningProgram } from './running-program.ts';
import { call } from './scripted-client.ts';
import { sdkCases } from './sdk-cases.ts';
import { SDK_PROGRAMS } from './sdk-programs.ts';

for (const program of SDK_PROGRAMS) {
  const skipped = program.missing === undefined ? '' : `, skipped: ${program.missing}`;
  describe.skipIf(program.missing !== undefined)(`${program.language} SDK, asked by a script${skipped}`, () => {
    let running: RunningProgram;
    beforeAll(async () => {
      await program.build();
      running = await program.start();
    });
    afterAll(() => running?.stop());

    const [random, named] = [false, true].map((wanted) =>
      sdkCases(program).filter(({ name }) => /^commands \d+$/.test(name) !== wanted),
    );
    for (const { name, call: request, expected } of named ?? []) {
      it(`${name}`, async () => {
        const { status, answer } = await call(running.url, request);
        expect(status === 200 ? answer : { status }).toEqual(expected === 'error' ? { status: 500 } : expected);
      });
    }

    it(`${random?.length} random batches of commands`, async () => {
      for (const { name, call: request, expected } of random ?? []) {
        expect({ name, ...(await call(running.url, request)) }).toEqual({ name, status: 200, answer: expected });
      }
    });
  });
}
