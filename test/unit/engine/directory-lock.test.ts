/**
 * One engine per directory: of this process or another one, until it lets go or is dead, however it died.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { lockDirectory } from '../../../src/engine/directory-lock.ts';

const MODULE = new URL('../../../src/engine/directory-lock.ts', import.meta.url).href;

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-lock-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Another process that runs this with `lockDirectory` and `path` at hand. */
function otherProcess(path: string, code: string): ChildProcess {
  const source = `import { lockDirectory } from ${JSON.stringify(MODULE)}; const path = ${JSON.stringify(path)}; ${code}`;
  const child = spawn('node', ['--input-type=module', '--eval', source], { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

async function firstOutput(child: ChildProcess): Promise<string> {
  const output = child.stdout;
  if (output === null) throw new Error('the output of the process is not to be had');
  const chunk: unknown[] = await once(output, 'data');
  return String(chunk[0]);
}

const locked = (path: string): unknown =>
  expect.objectContaining({
    code: 'DATA_LOCKED',
    message: expect.stringContaining(path),
    details: { directory: path },
  });

test('a second engine of the process is refused until the first lets go', () => {
  const path = scratch();
  const lock = lockDirectory(path);
  expect(() => lockDirectory(path)).toThrow(locked(path));
  expect(() => lockDirectory(`${path}/.`)).toThrow(locked(`${path}/.`));
  lock.release();
  lock.release();
  const again = lockDirectory(path);
  // The one that has let go has no power over the next.
  lock.release();
  expect(() => lockDirectory(path)).toThrow(locked(path));
  again.release();
});

test('a file where the directory should be is called so', () => {
  const path = join(scratch(), 'file');
  writeFileSync(path, '');
  const failed: unknown = expect.objectContaining({ code: 'STORAGE_FAILED', details: { file: join(path, 'lock') } });
  expect(() => lockDirectory(path)).toThrow(failed);
  expect(() => lockDirectory(path)).toThrow(`could not be locked: ${path} is a file, not a directory`);
});

test('directories are locked each for itself, and nothing is written', () => {
  const parent = scratch();
  const paths = [join(parent, 'a'), join(parent, 'b')];
  for (const path of paths) mkdirSync(path);
  const locks = paths.map((path) => lockDirectory(path));
  for (const path of paths) {
    expect(readdirSync(path)).toEqual(['lock']);
    expect(statSync(join(path, 'lock')).size).toBe(0);
  }
  for (const lock of locks) lock.release();
});

test('another process is refused, and let in when this one lets go', async () => {
  const path = scratch();
  const lock = lockDirectory(path);
  const attempt = `try { lockDirectory(path); console.log('in'); } catch (error) { console.log(error.code); }`;
  expect(await firstOutput(otherProcess(path, attempt))).toBe('DATA_LOCKED\n');
  lock.release();
  expect(await firstOutput(otherProcess(path, attempt))).toBe('in\n');
});

test('a process that is killed keeps nothing', async () => {
  const path = scratch();
  const holder = otherProcess(path, `lockDirectory(path); console.log('in'); setInterval(() => {}, 1_000);`);
  expect(await firstOutput(holder)).toBe('in\n');
  expect(() => lockDirectory(path)).toThrow(locked(path));
  const exit = once(holder, 'exit');
  holder.kill('SIGKILL');
  expect(await exit).toEqual([null, 'SIGKILL']);
  lockDirectory(path).release();
});

test('locking prints no warning, and other warnings are printed', async () => {
  const path = scratch();
  const child = otherProcess(
    path,
    `lockDirectory(path); process.emitWarning('still heard', 'ExperimentalWarning'); console.log('in');`,
  );
  const errors: string[] = [];
  child.stderr?.on('data', (chunk) => errors.push(String(chunk)));
  await once(child, 'close');
  expect(errors.join('')).toContain('still heard');
  expect(errors.join('')).not.toContain('SQLite');
});

test('a directory that is not there, and a file that is something else, is no lock', () => {
  const path = scratch();
  expect(() => lockDirectory(join(path, 'missing'))).toThrow(
    expect.objectContaining({ code: 'STORAGE_FAILED', details: { file: join(path, 'missing', 'lock') } }),
  );
  writeFileSync(join(path, 'lock'), 'x'.repeat(5_000));
  expect(() => lockDirectory(path)).toThrow(expect.objectContaining({ code: 'STORAGE_FAILED' }));
});
