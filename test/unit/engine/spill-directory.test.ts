/**
 * Spilled blocks on disk: there once, gone when taken, private, and errors that say what happened where.
 */
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { SpillDirectory } from '../../../src/engine/spill-directory.ts';

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-spill-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

test('blocks come back as they were, in any order, and are gone then', () => {
  const folder = join(scratch(), 'made', 'when needed');
  const storage = new SpillDirectory(folder);
  expect(existsSync(folder)).toBe(false);
  const blocks = [3, 0, 5_000].map((length) => new Uint8Array(length).fill(length));
  const numbers = blocks.map((bytes) => storage.write(bytes));
  expect(new Set(numbers).size).toBe(3);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(readdirSync(folder).map((name) => statSync(join(folder, name)).mode & 0o777)).toEqual([0o600, 0o600, 0o600]);
  for (const index of [1, 2, 0]) {
    expect(Buffer.compare(storage.take(numbers[index], blocks[index].length), blocks[index])).toBe(0);
  }
  expect(readdirSync(folder)).toEqual([]);
});

test('clearing removes the folder, which can be made again', () => {
  const folder = join(scratch(), 'spill');
  const storage = new SpillDirectory(folder);
  storage.clear();
  storage.write(new Uint8Array(3));
  storage.clear();
  expect(existsSync(folder)).toBe(false);
  const block = storage.write(new Uint8Array([1]));
  expect([...storage.take(block, 1)]).toEqual([1]);
});

test('what cannot be written or read back is a coded error with its cause', () => {
  const folder = scratch();
  const file = join(folder, 'a file');
  writeFileSync(file, '');
  const nowhere = new SpillDirectory(join(file, 'spill'));
  expect(() => nowhere.write(new Uint8Array(1))).toThrow(
    expect.objectContaining({ code: 'SPILL_FAILED', cause: expect.objectContaining({ code: 'ENOTDIR' }) }),
  );
  const storage = new SpillDirectory(join(folder, 'spill'));
  const [gone, short] = [storage.write(new Uint8Array(9)), storage.write(new Uint8Array(9))];
  rmSync(join(folder, 'spill', `${gone}.spill`));
  truncateSync(join(folder, 'spill', `${short}.spill`), 4);
  expect(() => storage.take(gone, 9)).toThrow(/could not be read back: ENOENT/);
  expect(() => storage.take(short, 9)).toThrow(/has 4 bytes instead of 9/);
});

test('what the disk gives back changed does not pass', () => {
  const folder = scratch();
  const storage = new SpillDirectory(folder);
  const block = storage.write(Buffer.from('ten of it'));
  writeFileSync(join(folder, `${block}.spill`), 'tem of it');
  expect(() => storage.read(block, 9)).toThrow(expect.objectContaining({ code: 'SPILL_FAILED' }));
  expect(() => storage.take(block, 9)).toThrow(/another checksum/);
});
