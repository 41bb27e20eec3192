/**
 * Every byte of a small savepoint is wrong once, in two ways, and every file is cut off everywhere. A reader notices each,
 * names the file and a place in it that is not behind the damage, and gives nothing else than was written.
 */
import { expect, test } from 'vitest';
import { MillraceError } from '../../../src/sdk/errors.ts';
import type { SimulatedFileSystem } from '../../../src/testing/simulated-file-system.ts';
import { newDisk } from './changelog-stage.ts';
import { type Damage, flips, truncations } from './damage.ts';
import { type PlainSavepoint, readSavepoint, SAVEPOINT, stateKey, writeSavepoint } from './savepoint-stage.ts';

const CONTENT: PlainSavepoint = {
  state: [
    [stateKey(0, 'a'), 'one'],
    [stateKey(1, 'b'), 'two'],
    [stateKey(5, 'c'), 'three'],
  ],
  messages: [
    ['to a', 'first'],
    ['to b', 'second'],
  ],
  coordinator: [
    ['ingress', '17'],
    ['keys', 'k1 k2'],
  ],
};

async function newSavepoint(): Promise<SimulatedFileSystem> {
  const disk = newDisk(SAVEPOINT);
  await writeSavepoint(disk, CONTENT, [
    [0, 4],
    [4, 8],
  ]);
  return disk;
}

function check(disk: SimulatedFileSystem, path: string, damages: Iterable<Damage>): number {
  let count = 0;
  for (const { what, offset, bytes } of damages) {
    count++;
    disk.writeFile(path, bytes);
    const error = failureOf(() => readSavepoint(disk));
    const where = `${path}, ${what}`;
    expect(error?.code, where).toBe('SAVEPOINT_DAMAGED');
    expect(error?.details['file'], where).toBe(path);
    expect(error?.details['offset'], where).toBeLessThanOrEqual(offset);
  }
  return count;
}

function failureOf(read: () => unknown): MillraceError | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (error instanceof MillraceError) return error;
    throw error;
  }
}

test.each([
  ['every byte changed', flips, 2],
  ['every end missing', truncations, 1],
])('%s is noticed in every file', async (_, damages, perByte) => {
  const disk = await newSavepoint();
  const paths = disk.paths().filter((path) => !path.endsWith('.made'));
  expect(paths).toHaveLength(6);
  for (const path of paths) {
    const intact = disk.readFile(path);
    expect(check(disk, path, damages(intact))).toBe(intact.length * perByte);
    disk.writeFile(path, intact);
  }
  expect(readSavepoint(disk).state).toEqual(CONTENT.state);
});

test('bytes behind the end of a file are noticed', async () => {
  const disk = await newSavepoint();
  for (const path of disk.paths().filter((each) => !each.endsWith('.made'))) {
    const intact = disk.readFile(path);
    disk.writeFile(path, Buffer.concat([intact, Buffer.alloc(40)]));
    expect(failureOf(() => readSavepoint(disk))?.code, path).toBe('SAVEPOINT_DAMAGED');
    disk.writeFile(path, intact);
  }
});
