/**
 * State that expires, on real threads, disks and clocks: not seen any more from its time on, also when that passes while
 * no engine runs; and gone from the disk soon after, without anybody asking.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import * as nativeFree from '../../native-free/index.ts';
import * as main from '../../src/index.ts';
import { SESSION_MS, visitor } from './expiring-module.ts';

const MODULE = new URL('./expiring-module.ts', import.meta.url);
const COUNT = 500;

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-expiry-'));
  onTestFinished(() => rmSync(folder, { recursive: true, maxRetries: 10 }));
  return folder;
}

test.each([
  ['main', main],
  ['native-free', nativeFree],
] as const)('%s: seen no more, and then gone', { timeout: 60_000 }, async (_name, { startEngine }) => {
  const directory = scratch();
  const start = (): Promise<main.Engine> => startEngine({ module: MODULE, directory, shardCount: 2 });
  let engine = await start();
  onTestFinished(() => engine.stop({ force: true }).catch(() => {}));
  for (let index = 0; index < COUNT; index++) {
    await engine.send(visitor, `id-${index}`, index === 7 ? { name: 'Kim' } : {}, { until: 'accepted' });
  }
  expect(await engine.ask(visitor, 'id-7', {})).toEqual({ session: 'here', name: 'Kim' });
  await engine.stop();
  await sleep(SESSION_MS);
  engine = await start();
  expect(await engine.ask(visitor, 'id-7', {})).toEqual({ session: undefined, name: 'Kim' });
  expect(await engine.ask(visitor, 'id-8', {})).toEqual({ session: undefined, name: undefined });
  // Nobody asks for the others.
  const storedCount = async (): Promise<number> => {
    return (await engine.savepoint(join(scratch(), 'savepoint'))).entityCount;
  };
  const deadline = Date.now() + 20_000;
  while ((await storedCount()) > 1 && Date.now() < deadline) await sleep(100);
  // One entity has a name, and its row is gone with its session.
  expect(await storedCount()).toBe(1);
});
