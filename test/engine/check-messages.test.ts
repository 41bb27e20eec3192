/**
 * Messages that wait, wherever they wait, and new code that does not take all of them: `checkMigrations` finds them all, in
 * a savepoint and in a data directory, and names what it has found.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import * as nativeFree from '../../native-free/index.ts';
import * as main from '../../src/index.ts';
import type { Engine } from '../../src/index.ts';

const module = new URL('./waiting-module.ts', import.meta.url);
const strictModule = new URL('./waiting-strict-module.ts', import.meta.url);

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-check-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, maxRetries: 10 }));
  return folder;
}

async function fill(engine: Engine): Promise<void> {
  const failures: string[] = [];
  engine.on('error', ({ code }) => void failures.push(code));
  for (const message of ['one', 2]) {
    await engine.send('waiting/taker', 'Kim', message);
    await engine.send('waiting/parker', 'Lou', message);
    await engine.send('waiting/hopeless', 'Max', message);
    await engine.send('waiting/patient', 'Ann', message);
  }
  await engine.send('waiting/sender', 'Kim', ['one', 2]);
  // Of what this one has set nothing will come.
  await engine.send('waiting/sender', 'Bob', ['one', 2]);
  await engine.send('waiting/sender', 'Bob', 'forget');
  while ((await parkedCount(engine)) < 2 || failures.length < 3) await engine.checkpoint();
}

async function parkedCount(engine: Engine): Promise<number> {
  for await (const { waiting } of engine.parked.list()) return waiting;
  return 0;
}

test.each([
  ['main', main],
  ['native-free', nativeFree],
] as const)('%s: messages are found wherever they wait', async (_name, entry) => {
  const directory = join(scratch(), 'data');
  const savepoint = join(scratch(), 'savepoint');
  const engine = await entry.startEngine({ module, directory, shardCount: 2 });
  await fill(engine);
  await engine.savepoint(savepoint);
  await engine.stop({ force: true });

  for (const path of [savepoint, directory]) {
    expect(await entry.checkMigrations(path, module)).toMatchObject({ messageCount: 9, failureCount: 0 });
    const report = await entry.checkMigrations(path, strictModule);
    expect(report.byMessage).toEqual({
      'in-flight': { messageCount: 2, failureCount: 1 },
      delayed: { messageCount: 3, failureCount: 2 },
      parked: { messageCount: 2, failureCount: 1 },
      'dead-letter': { messageCount: 2, failureCount: 1 },
    });
    expect(report).toMatchObject({ valueCount: 2, messageCount: 9, failureCount: 6 });
    const failures = report.failures.map(({ message = 'value', type, id, key, error }) => [
      `${message}: ${type} ${id} ${String(key)}`,
      error.code,
    ]);
    expect(failures.toSorted(([one], [other]) => (one < other ? -1 : 1))).toEqual([
      ['dead-letter: waiting/hopeless Max undefined', 'MESSAGE_INVALID'],
      ['delayed: waiting/taker Kim undefined', 'MESSAGE_INVALID'],
      ['delayed: waiting/taker Kim undefined', 'MESSAGE_INVALID'],
      ['in-flight: waiting/patient Ann undefined', 'MESSAGE_INVALID'],
      ['parked: waiting/parker Lou undefined', 'MESSAGE_INVALID'],
      ['value: waiting/taker Kim one', 'STATE_INVALID'],
    ]);
    expect((await entry.checkMigrations(path, strictModule, { failuresMax: 1 })).failureCount).toBe(6);
  }
});
