/**
 * A bank whose parent has gone ends by itself, whether it is starting or open; one that is done, or cannot start, still says
 * so before it ends.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { BankOptions } from './bank-engine.ts';
import type { BankReply, BankRequest } from './bank-process.ts';
import { INPUT_NAME } from './call-plan.ts';

let folder: string;
let bank: ChildProcess;

function start(data: string): void {
  const options: BankOptions = {
    folder,
    data: join(folder, data),
    isNativeFree: true,
    shardCount: 1,
    maxRecoveries: 5,
  };
  bank = fork(new URL('./bank-process.ts', import.meta.url), [JSON.stringify(options)], { execArgv: [] });
}

/** All that it says until it ends, and how it does. */
async function ended(): Promise<{ replies: BankReply[]; exit: unknown[] }> {
  const replies: BankReply[] = [];
  bank.on('message', (reply: BankReply) => replies.push(reply));
  const [exit] = await Promise.all([once(bank, 'exit'), bank.connected ? once(bank, 'disconnect') : undefined]);
  return { replies, exit };
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-parent-'));
  writeFileSync(join(folder, INPUT_NAME), '');
});

afterEach(() => {
  bank.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

test('while it is open', async () => {
  start('data');
  expect((await once(bank, 'message'))[0]).toHaveProperty('openedMs');
  const exit = once(bank, 'exit');
  bank.disconnect();
  expect(await exit).toEqual([1, null]);
});

test('while it is starting', async () => {
  start('data');
  const exit = once(bank, 'exit');
  bank.disconnect();
  expect(await exit).toEqual([1, null]);
});

test('not when it is done: it says how everything stands, and ends in order', async () => {
  start('data');
  await once(bank, 'message');
  bank.send({ finish: [], trees: [] } satisfies BankRequest);
  const { replies, exit } = await ended();
  expect(replies.at(-1)).toHaveProperty('finished');
  expect(exit).toEqual([0, null]);
});

test('not when it cannot start: it says why', async () => {
  start(INPUT_NAME);
  const { replies, exit } = await ended();
  expect(replies).toMatchObject([{ error: expect.stringMatching(/^[A-Z_]+$/) as string }]);
  expect(exit).toEqual([1, null]);
});
