/**
 * Directories that are there after a power loss, whatever was there before, and whoever was interrupted while making it.
 */
import { expect, test } from 'vitest';
import { Prng } from '../../../src/base/prng.ts';
import { makeDurableDirectory } from '../../../src/store/durable-directory.ts';
import { SimulatedFileSystem } from '../../../src/testing/simulated-file-system.ts';

const PATH = '/a/b/c/d';

function survivesAll(disk: SimulatedFileSystem): boolean {
  return Array.from({ length: 40 }, (_, seed) => seed).every((seed) => {
    const after = disk.clone();
    after.crash(new Prng(seed));
    return after.exists(PATH);
  });
}

test('all that was missing is durable', async () => {
  const disk = new SimulatedFileSystem({ autoSync: true });
  await makeDurableDirectory(disk, PATH);
  expect(survivesAll(disk)).toBe(true);
  await makeDurableDirectory(disk, PATH);
  expect(disk.list('/a/b/c')).toEqual(['d']);
});

test('what a killed process has left is made durable, too', async () => {
  const disk = new SimulatedFileSystem({ autoSync: true });
  await makeDurableDirectory(disk, PATH);
  const total = disk.callCount;
  for (let killedAt = 1; killedAt <= total; killedAt++) {
    const next = new SimulatedFileSystem({ autoSync: true });
    next.fault = ({ number }) => (number >= killedAt ? 'EIO' : undefined);
    await expect(makeDurableDirectory(next, PATH)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    next.fault = undefined;
    next.kill();
    await makeDurableDirectory(next, PATH);
    expect(survivesAll(next)).toBe(true);
  }
  expect(total).toBeGreaterThan(8);
});

test('relative paths', async () => {
  const disk = new SimulatedFileSystem({ autoSync: true });
  await makeDurableDirectory(disk, 'x/y');
  expect(disk.exists('x/y')).toBe(true);
});
