/**
 * What makes a directory a data directory: written once and whole, refused by whoever cannot open it, and never silently
 * read as something else.
 */
import assert from 'node:assert/strict';
import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { Prng } from '../../../src/base/prng.ts';
import {
  checkDataFormat,
  DATA_FORMAT_VERSION,
  readDataFormat,
  writeDataFormat,
} from '../../../src/store/data-format.ts';
import { SimulatedFileSystem } from '../../../src/testing/simulated-file-system.ts';
import { flips, outcome, truncations } from './damage.ts';

const FORMAT = { storeName: 'level', keyGroupCount: 1024, id: '3f2a' };
const FOUND = { ...FORMAT, version: DATA_FORMAT_VERSION };
const FILE = '/srv/shop/data/millrace.json';
const DIRECTORY = '/srv/shop/data';

async function created(): Promise<SimulatedFileSystem> {
  const disk = new SimulatedFileSystem({ autoSync: true });
  await writeDataFormat(disk, DIRECTORY, FORMAT);
  return disk;
}

function withFields(fields: Readonly<Record<string, unknown>>): SimulatedFileSystem {
  const disk = new SimulatedFileSystem();
  const text = JSON.stringify({ ...fields, checksum: crc32(JSON.stringify(fields)) });
  disk.writeFile(FILE, Buffer.from(text));
  return disk;
}

test('it is read as it was written', async () => {
  const disk = await created();
  expect(readDataFormat(disk, DIRECTORY)).toEqual(FOUND);
  expect(JSON.parse(Buffer.from(disk.readFile(FILE)).toString())).toMatchObject({
    format: DATA_FORMAT_VERSION,
    store: 'level',
  });
  expect(disk.list(DIRECTORY)).toEqual(['millrace.json']);
});

test('an empty directory, and none, is where data may begin', async () => {
  const disk = new SimulatedFileSystem({ autoSync: true });
  expect(readDataFormat(disk, DIRECTORY)).toBeUndefined();
  disk.makeDirectory(DIRECTORY);
  expect(readDataFormat(disk, DIRECTORY)).toBeUndefined();
  disk.makeDirectory(`${DIRECTORY}/lost+found`);
  // What an engine leaves that was interrupted at its very first start.
  disk.writeFile(`${DIRECTORY}/lock`, new Uint8Array(0));
  disk.writeFile(`${FILE}.new`, Buffer.from('{ "form'));
  expect(readDataFormat(disk, DIRECTORY)).toBeUndefined();
  await writeDataFormat(disk, DIRECTORY, FORMAT);
  expect(readDataFormat(disk, DIRECTORY)).toEqual(FOUND);
});

test('a directory of something else is refused', () => {
  const disk = new SimulatedFileSystem();
  disk.writeFile(`${DIRECTORY}/holiday.jpg`, new Uint8Array(3));
  expect(() => readDataFormat(disk, DIRECTORY)).toThrow(
    expect.objectContaining({
      code: 'DATA_DAMAGED',
      message: expect.stringMatching(/is no data directory.*holiday\.jpg/),
    }),
  );
});

test('it is there for good when creating it resolves, and never half', async () => {
  let crashes = 0;
  const disk = new SimulatedFileSystem({
    autoSync: true,
    fault: () => {
      for (let seed = 0; seed < 20; seed++) {
        const after = disk.clone();
        after.crash(new Prng(seed));
        const found = readDataFormat(after, DIRECTORY);
        if (found !== undefined) assert.deepEqual(found, FOUND);
        crashes++;
      }
      return undefined;
    },
  });
  await writeDataFormat(disk, DIRECTORY, FORMAT);
  expect(crashes).toBeGreaterThan(100);
  for (let seed = 0; seed < 50; seed++) {
    const after = disk.clone();
    after.crash(new Prng(seed));
    expect(readDataFormat(after, DIRECTORY)).toEqual(FOUND);
  }
});

test('whichever call fails, it says so, and can be created the next time', async () => {
  let failed = 0;
  for (let failing = 1; failing < 100; failing++) {
    const disk = new SimulatedFileSystem({ autoSync: true });
    disk.fault = ({ number }) => (number === failing ? 'EIO' : undefined);
    const error: unknown = await writeDataFormat(disk, DIRECTORY, FORMAT).catch((caught: unknown) => caught);
    if (disk.callCount < failing) break;
    expect(error).toMatchObject({ code: 'STORAGE_FAILED' });
    failed++;
    disk.fault = undefined;
    disk.kill();
    if (readDataFormat(disk, DIRECTORY) === undefined) await writeDataFormat(disk, DIRECTORY, FORMAT);
    expect(readDataFormat(disk, DIRECTORY)).toEqual(FOUND);
  }
  expect(failed).toBeGreaterThan(10);
});

test('every byte flipped, and every length', async () => {
  const disk = await created();
  const bytes = disk.readFile(FILE);
  const outcomes = { same: 0, noticed: 0 };
  for (const { what, bytes: damagedBytes } of [...flips(bytes), ...truncations(bytes)]) {
    disk.writeFile(FILE, damagedBytes);
    const found = outcome(() => readDataFormat(disk, DIRECTORY));
    if (found !== undefined && 'damagedFile' in found) {
      assert.deepEqual(found, { damagedFile: FILE, offset: 0 }, what);
      outcomes.noticed++;
    } else {
      // White space.
      assert.deepEqual(found, FOUND, what);
      outcomes.same++;
    }
  }
  expect(outcomes.noticed).toBeGreaterThan(bytes.length * 2);
  expect(outcomes.same).toBeLessThan(20);
});

test.each(['', '[]', 'null', '3', '{}', '{"checksum":0}'])('%j is damage', (text) => {
  const disk = new SimulatedFileSystem();
  disk.writeFile(FILE, Buffer.from(text));
  expect(outcome(() => readDataFormat(disk, DIRECTORY))).toEqual({ damagedFile: FILE, offset: 0 });
});

test('fields that are missing are damage, a later format is not', () => {
  const fields = { format: 1, store: 'level', keyGroups: 1024, id: 'x' };
  expect(readDataFormat(withFields({ ...fields, more: [1] }), DIRECTORY)).toEqual({ ...FORMAT, version: 1, id: 'x' });
  for (const name of ['format', 'store', 'keyGroups', 'id'] as const) {
    const disk = withFields({ ...fields, [name]: undefined });
    expect(outcome(() => readDataFormat(disk, DIRECTORY))).toHaveProperty('damagedFile', FILE);
  }
  expect(() => readDataFormat(withFields({ format: DATA_FORMAT_VERSION + 1, storage: 'x' }), DIRECTORY)).toThrow(
    expect.objectContaining({ code: 'DATA_TOO_NEW', details: { file: FILE, version: DATA_FORMAT_VERSION + 1 } }),
  );
});

test.each([
  ['level', 'native-free', "import from 'millrace' to open it"],
  ['native-free', 'level', "import from 'millrace/native-free' to open it"],
  ['own-store', 'level', 'open it with that store'],
])('data of the store %s is refused by %s with a way out', (storeName, own, advice) => {
  const check = () => checkDataFormat({ ...FORMAT, storeName }, { storeName: own, keyGroupCount: 1024 }, DIRECTORY);
  expect(check).toThrow(
    expect.objectContaining({ code: 'DATA_OTHER_STORE', details: { file: FILE, found: storeName, own } }),
  );
  expect(check).toThrow(advice);
  expect(check).toThrow('savepoint');
  checkDataFormat({ ...FORMAT, storeName: own }, { storeName: own, keyGroupCount: 1024 }, DIRECTORY);
});

test('another number of key groups is that of another version', () => {
  const own = { storeName: 'level', keyGroupCount: 512 };
  expect(() => checkDataFormat(FORMAT, own, DIRECTORY)).toThrow(
    expect.objectContaining({ code: 'DATA_TOO_NEW', message: expect.stringContaining('1024 key groups') }),
  );
});
