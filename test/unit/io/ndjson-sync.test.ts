/**
 * Whether the NDJSON file is synced can be seen neither in the file nor by killing a process; so the calls are watched.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { ndjsonSink } from '../../../src/index.ts';

const IS_POSIX = process.platform !== 'win32';

/** Every sync of any file or directory, from now to the end of the test. */
async function watchSyncs(folder: string): Promise<string[]> {
  const handle = await open(join(folder, 'other'), 'w');
  const prototype = Object.getPrototypeOf(handle) as FileHandle;
  await handle.close();
  const { sync } = prototype;
  const synced: string[] = [];
  const spy = vi.spyOn(prototype, 'sync').mockImplementation(async function (this: FileHandle) {
    synced.push((await this.stat()).isDirectory() ? 'directory' : 'file');
    await sync.call(this);
  });
  onTestFinished(() => spy.mockRestore());
  return synced;
}

test('what was written is synced, and with the first lines the name', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-sink-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const synced = await watchSyncs(folder);
  const sink = ndjsonSink({ path: join(folder, 'output.ndjson') });
  await sink.open?.(undefined);
  await sink.write(['a'], 0);
  expect(synced).toEqual([]);
  await sink.sync?.();
  const first = IS_POSIX ? ['file', 'directory'] : ['file'];
  expect(synced).toEqual(first);
  await sink.sync?.();
  expect(synced).toEqual(first);
  await sink.write(['b'], 1);
  await sink.sync?.();
  expect(synced).toEqual([...first, 'file']);
  await sink.write(['c'], 2);
  await sink.close?.();
  expect(synced).toEqual([...first, 'file', 'file']);
});

test('a file is closed although its last sync has failed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-sink-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const handle = await open(join(folder, 'other'), 'w');
  const prototype = Object.getPrototypeOf(handle) as FileHandle;
  await handle.close();
  const sink = ndjsonSink({ path: join(folder, 'output.ndjson') });
  await sink.open?.(undefined);
  await sink.write(['a'], 0);
  const files: FileHandle[] = [];
  const spy = vi.spyOn(prototype, 'sync').mockImplementation(function (this: FileHandle) {
    files.push(this);
    return Promise.reject(new Error('no disk'));
  });
  onTestFinished(() => spy.mockRestore());
  await expect(sink.close?.()).rejects.toThrow('no disk');
  expect(files.map(({ fd }) => fd)).toEqual([-1]);
  // A later checkpoint must not take it for synced (I9).
  await expect(sink.sync?.()).rejects.toThrow('no disk');
});
