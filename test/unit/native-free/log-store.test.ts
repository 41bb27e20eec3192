/** What the store without native code does beyond the contract: bounded memory, time and files, and background work. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { openStore } from '../../../native-free/log-store.ts';
import type { StateStore } from '../../../src/store/state-store.ts';
import { SimulatedFileSystem } from '../../../src/testing/simulated-file-system.ts';
import { bytes, entriesOf, shuffledKeys, text } from '../../../src/testing/store-case.ts';

/** Of a log and a manifest as they are on some disk; a store must be able to read them for ever. */
const FROZEN_CHECKSUMS = [2_866_987_434, 3_916_931_582];

const DIRECTORY = '/data/store';

function open(fileSystem: SimulatedFileSystem, cacheBytes = 0): Promise<StateStore> {
  return openStore({ directory: DIRECTORY, fileSystem, cacheBytes });
}

async function write(store: StateStore, keys: readonly string[], value: string | undefined): Promise<void> {
  const batch = store.batch();
  for (const key of keys) {
    if (value === undefined) batch.delete(bytes(key));
    else batch.put(bytes(key), bytes(value));
  }
  await batch.write();
}

function tables(fileSystem: SimulatedFileSystem): string[] {
  return fileSystem.paths().filter((path) => path.endsWith('.table'));
}

/** Lets the background work come to its end. */
async function settle(fileSystem: SimulatedFileSystem): Promise<void> {
  for (let calls = -1, still = 0; still < 20; ) {
    await nextTurn();
    still = calls === fileSystem.callCount ? still + 1 : 0;
    calls = fileSystem.callCount;
  }
}

describe('the store in the background', () => {
  test('keeps tables few, and forgets what was overwritten or deleted', async () => {
    const fileSystem = new SimulatedFileSystem({ autoSync: true });
    const store = await open(fileSystem);
    const keys = shuffledKeys(300);
    for (let round = 0; round < 40; round++) await write(store, keys, `${round}`.repeat(20));
    await settle(fileSystem);
    expect(tables(fileSystem).length).toBeLessThan(8);
    const filled = tables(fileSystem).reduce((sum, path) => sum + fileSystem.readFile(path).length, 0);
    expect(filled).toBeLessThan(300 * 80 * 4);
    // Deletions take less room than values, so it takes more of them until all is merged.
    for (let round = 0; round < 40; round++) await write(store, keys, undefined);
    await settle(fileSystem);
    expect(await entriesOf(store.scan(bytes(''), undefined))).toEqual([]);
    const emptied = tables(fileSystem).reduce((sum, path) => sum + fileSystem.readFile(path).length, 0);
    expect(emptied).toBeLessThan(filled);
    await store.close();
  });

  test('lets other work have its turn while it writes and merges tables', async () => {
    const fileSystem = new SimulatedFileSystem({ autoSync: true });
    const store = await open(fileSystem, 1 << 22);
    let turns = 0;
    let isOver = false;
    const other = (async () => {
      for (; !isOver; turns++) await nextTurn();
    })();
    await write(store, shuffledKeys(40_000), 'x'.repeat(20));
    const turnsOfBatch = turns;
    expect(turnsOfBatch).toBeGreaterThan(40_000 / 1_024);
    await write(store, ['one more'], 'x');
    await settle(fileSystem);
    expect(tables(fileSystem)).toHaveLength(1);
    expect(turns - turnsOfBatch).toBeGreaterThan(40_000 / 1_024);
    isOver = true;
    await other;
    await store.close();
  });

  test('keeps tables that a scan reads from, and no longer', async () => {
    const fileSystem = new SimulatedFileSystem({ autoSync: true });
    const store = await open(fileSystem);
    const keys = shuffledKeys(100);
    for (let round = 0; tables(fileSystem).length < 2; round++) await write(store, keys, `old ${round}`);
    await settle(fileSystem);
    const seen = tables(fileSystem);
    const scan = store.scan(bytes(''), undefined, 100)[Symbol.asyncIterator]();
    const expected = text((await store.getMany([bytes('key-00000099')]))[0] ?? bytes(''));
    await scan.next();
    for (let round = 0; round < 60; round++) await write(store, keys, `new ${round}`);
    await settle(fileSystem);
    expect(tables(fileSystem)).toEqual(expect.arrayContaining(seen));
    const values = new Set<string>();
    for (let next = await scan.next(); next.done !== true; next = await scan.next()) {
      for (const { value } of next.value) values.add(text(value));
    }
    expect([...values]).toEqual([expected]);
    expect(tables(fileSystem).filter((path) => seen.includes(path))).toEqual([]);
    await store.close();
  });

  test('gives up a table that is being written when it is closed, and loses nothing', async () => {
    const fileSystem = new SimulatedFileSystem({ autoSync: true });
    const store = await open(fileSystem, 1 << 22);
    const keys = shuffledKeys(40_000);
    await write(store, keys, 'x'.repeat(20));
    await write(store, ['one more'], 'x');
    await store.close();
    expect(tables(fileSystem)).toEqual([]);
    const again = await open(fileSystem, 1 << 22);
    expect(await entriesOf(again.scan(bytes(''), undefined))).toHaveLength(40_001);
    await again.close();
  });
});

describe('opening', () => {
  test('reads no table, so it takes as long for much state as for little', async () => {
    const fileSystem = new SimulatedFileSystem({ autoSync: true });
    const store = await open(fileSystem);
    for (let round = 0; round < 10; round++)
      await write(
        store,
        shuffledKeys(1_000).map((key) => `${round}${key}`),
        'x',
      );
    await settle(fileSystem);
    await store.close();
    const reads: string[] = [];
    fileSystem.fault = ({ operation, path }) => void (operation === 'readAt' && reads.push(path.replace(/.*\d/, '')));
    const again = await open(fileSystem);
    expect(tables(fileSystem).length).toBeGreaterThan(0);
    expect(reads.filter((path) => path !== '.log')).toEqual([`${DIRECTORY}/manifest`]);
    await again.close();
  });

  test('gathers no files, however often a process is killed', async () => {
    const fileSystem = new SimulatedFileSystem({ autoSync: true });
    let disk = fileSystem;
    for (let life = 0; life < 30; life++) {
      const store = await open(disk);
      await write(store, shuffledKeys(30), `${life}`.repeat(50));
      disk.kill();
      disk = disk.clone();
    }
    expect(disk.paths().length).toBeLessThan(8);
    const store = await open(disk);
    const values = (await entriesOf(store.scan(bytes(''), undefined))).map(({ value }) => text(value));
    expect(new Set(values)).toEqual(new Set(['29'.repeat(50)]));
    await store.close();
  });

  test('twice in a row changes nothing when nothing was written', async () => {
    const fileSystem = new SimulatedFileSystem({ autoSync: true });
    const store = await open(fileSystem);
    await write(store, ['a'], '1');
    await store.close();
    const content = (): unknown => fileSystem.paths().map((path) => [path, text(fileSystem.readFile(path))]);
    await (await open(fileSystem)).close();
    const before = content();
    await (await open(fileSystem)).close();
    expect(content()).toEqual(before);
  });

  test('goes on with a log of today: its bytes stay as they are, or the format gets a new version', async () => {
    const fileSystem = new SimulatedFileSystem({ autoSync: true });
    const store = await open(fileSystem);
    await write(store, ['a', 'b'], '1');
    await write(store, ['a'], undefined);
    await store.close();
    const sums = fileSystem.paths().map((path) => crc32(fileSystem.readFile(path)));
    expect(sums).toEqual(FROZEN_CHECKSUMS);
  });
});

test('a failed read rejects the call that needed it, and no other', async () => {
  const fileSystem = new SimulatedFileSystem({ autoSync: true });
  const store = await open(fileSystem);
  for (let round = 0; tables(fileSystem).length === 0; round++) await write(store, shuffledKeys(100), 'old');
  await settle(fileSystem);
  await write(store, ['new'], 'x');
  fileSystem.fault = ({ operation }) => (operation === 'readAt' ? 'EIO' : undefined);
  await expect(entriesOf(store.scan(bytes(''), undefined))).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
  expect(await store.getMany([bytes('new')])).toEqual([bytes('x')]);
  fileSystem.fault = undefined;
  expect(await entriesOf(store.scan(bytes(''), undefined))).toHaveLength(101);
  await store.close();
});
