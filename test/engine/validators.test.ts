/**
 * Schemas of zod, valibot and arktype as they are, on real threads and a real disk: each takes what it should, makes of
 * it what it says, and refuses the rest where it is sent or set.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { MillraceError } from '../../src/index.ts';
import { openEngine } from './puppet-engine.ts';
import { ARKTYPE, VALIBOT, ZOD } from './validators-module.ts';

const MODULE = new URL('./validators-module.ts', import.meta.url);
const AT = '2031-05-06T07:08:09.000Z';

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-validators-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));
  return folder;
}

async function refusal(promise: Promise<unknown>): Promise<MillraceError> {
  return await promise.then(
    (answer) => expect.unreachable(JSON.stringify(answer)),
    (error: unknown) => error as MillraceError,
  );
}

test.each([ZOD, VALIBOT, ARKTYPE])('%s', async (type) => {
  const directory = scratch();
  const { engine } = await openEngine({ module: MODULE, directory });
  const visit = (page: string): Promise<unknown> => engine.ask(type, 'a', { page, at: AT });
  expect(await visit('start')).toEqual({ count: 1, year: 2031, entry: undefined });
  expect(await visit('good entry')).toEqual({ count: 1, year: 2031, entry: { name: 'a', tags: ['new'] } });

  for (const wrong of [{ page: '', at: AT }, { page: 'start', at: 'soon' }, { page: 'start' }, 'start']) {
    const error = await refusal(engine.send(type, 'a', wrong));
    expect(error).toMatchObject({ code: 'MESSAGE_INVALID' });
  }
  expect((await refusal(engine.send(type, 'a', { page: 'start', at: 5 }))).message).toContain('at');

  for (const page of ['bad value', 'bad entry']) {
    const error = await refusal(visit(page));
    expect(error).toMatchObject({ code: 'INVOCATION_FAILED', cause: { code: 'STATE_INVALID' } });
  }
  // Nothing of those has happened, and all of the others is on the disk.
  expect(await visit('start')).toEqual({ count: 2, year: 2031, entry: { name: 'a', tags: ['new'] } });
  await engine.stop();
  const { engine: next } = await openEngine({ module: MODULE, directory });
  const answer = await next.ask(type, 'a', { page: 'start', at: AT });
  expect(answer).toEqual({ count: 3, year: 2031, entry: { name: 'a', tags: ['new'] } });
});
