/**
 * Every byte of a small store is changed, every file cut at every length, every file taken away. Each time the store
 * says which file is damaged and where, or answers as if nothing had happened; it never answers anything else. Where a
 * process was killed, and the end of its log is gone, it may answer as it would have before the last batches.
 */
import assert from 'node:assert/strict';
import { describe, expect, test } from 'vitest';
import { openStore } from '../../../native-free/log-store.ts';
import { Prng } from '../../../src/base/prng.ts';
import { MillraceError } from '../../../src/sdk/errors.ts';
import type { StateStore } from '../../../src/store/state-store.ts';
import { SimulatedFileSystem } from '../../../src/testing/simulated-file-system.ts';
import { bytes, entriesOf, text } from '../../../src/testing/store-case.ts';

const DIRECTORY = '/data/store';
const KEYS = ['k1', 'k2', 'k3', 'k4', 'k5', 'never'];

/** A disk, and what the store on it held after each of its batches. */
interface Sample {
  readonly fileSystem: SimulatedFileSystem;
  readonly contents: readonly string[];
}

/** Two small tables, made by overwriting a few keys until the memtable is full, and a log with three batches. */
async function makeSample(end: 'closed' | 'killed'): Promise<Sample> {
  const fileSystem = new SimulatedFileSystem({ autoSync: true });
  const store = await openStore({ directory: DIRECTORY, fileSystem, cacheBytes: 0 });
  const contents: string[] = [];
  for (let round = 0; tablesOf(fileSystem).length < 2; round++) {
    await write(store, `${round}`, KEYS.slice(0, 4));
    contents.push(await contentOf(store));
  }
  for (const changed of [['k1', 'k5'], ['k2'], ['k3']]) {
    await write(store, `last ${changed[0]}`, changed);
    contents.push(await contentOf(store));
  }
  if (end === 'killed') fileSystem.kill();
  else await store.close();
  return { fileSystem: fileSystem.clone(), contents };
}

async function write(store: StateStore, value: string, keys: readonly string[]): Promise<void> {
  const batch = store.batch();
  for (const key of keys) batch.put(bytes(key), bytes(value));
  batch.delete(bytes('k4'));
  await batch.write();
}

function tablesOf(fileSystem: SimulatedFileSystem): string[] {
  return fileSystem.paths().filter((path) => path.endsWith('.table'));
}

async function contentOf(store: StateStore): Promise<string> {
  const entries = await entriesOf(store.scan(bytes(''), undefined));
  return entries.map(({ key, value }) => `${text(key)}=${text(value)}`).join();
}

/** Looks at everything in both ways. Returns what was found, and the errors. */
async function readAll(fileSystem: SimulatedFileSystem): Promise<{ contents: Set<string>; errors: unknown[] }> {
  const contents = new Set<string>();
  const errors: unknown[] = [];
  const attempt = async (read: () => Promise<unknown>): Promise<void> => {
    await read().catch((error: unknown) => errors.push(error));
  };
  await attempt(async () => {
    const store = await openStore({ directory: DIRECTORY, fileSystem, cacheBytes: 0 });
    await attempt(async () => contents.add(await contentOf(store)));
    const found: string[] = [];
    let isComplete = true;
    for (const key of KEYS) {
      const values = await store.getMany([bytes(key)]).catch((error: unknown) => void errors.push(error));
      const value = values?.[0];
      isComplete &&= values !== undefined;
      if (value !== undefined) found.push(`${key}=${text(value)}`);
    }
    if (isComplete) contents.add(found.join());
    await attempt(() => store.close());
  });
  return { contents, errors };
}

/** Fails unless a changed file is noticed or does not matter. `allowed` are the contents that may be found. */
async function expectNoticed(
  sample: Sample,
  path: string,
  change: Uint8Array | undefined,
  allowed: readonly string[],
): Promise<void> {
  const fileSystem = sample.fileSystem.clone();
  if (change === undefined) fileSystem.remove(path);
  else fileSystem.writeFile(path, change);
  const { contents, errors } = await readAll(fileSystem);
  for (const error of errors) {
    assert.ok(error instanceof MillraceError, String(error));
    assert.equal(error.code, 'DATA_DAMAGED');
    assert.equal(error.details['file'], path);
    assert.ok(Number(error.details['offset']) >= 0);
  }
  for (const content of contents) assert.ok(allowed.includes(content), `found ${content}`);
  assert.ok(contents.size + errors.length > 0);
}

function flipped(original: Uint8Array, at: number, mask: number): Uint8Array {
  const changed = Uint8Array.from(original);
  changed[at] ^= mask;
  return changed;
}

describe.each(['closed', 'killed'] as const)('a store that was %s', async (end) => {
  const sample = await makeSample(end);
  const { fileSystem, contents } = sample;
  const intact = contents.slice(-1);
  const paths = fileSystem.paths();
  const sizes = new Map(paths.map((path) => [path, fileSystem.readFile(path).length]));

  test('has two tables, a log and a manifest, and reads well', async () => {
    expect(paths.map((path) => path.replace(/.*\//, '').replace(/^\d+/, '#')).toSorted()).toEqual([
      '#.log',
      '#.table',
      '#.table',
      'manifest',
    ]);
    expect(await readAll(fileSystem.clone())).toEqual({ contents: new Set(intact), errors: [] });
    expect(intact[0]).toContain('k5=last k1');
  });

  test.each(paths)('with any byte of %s changed', async (path) => {
    const original = fileSystem.readFile(path);
    for (const mask of [0x01, 0xff]) {
      for (let at = 0; at < original.length; at++) {
        await expectNoticed(sample, path, flipped(original, at, mask), intact);
      }
    }
    expect(original.length).toBe(sizes.get(path));
  });

  test.each(paths)('with %s cut at any length', async (path) => {
    const original = fileSystem.readFile(path);
    // What is missing at the end of a log was torn by the crash, as far as anybody can know.
    const allowed = end === 'killed' && path.endsWith('.log') ? contents : intact;
    for (let length = 0; length < original.length; length++) {
      await expectNoticed(sample, path, original.subarray(0, length), allowed);
    }
    expect(original.length).toBe(sizes.get(path));
  });

  test.each(paths)('with %s missing', async (path) => {
    const without = fileSystem.clone();
    without.remove(path);
    const { errors } = await readAll(without);
    expect(errors).toMatchObject([{ code: 'DATA_DAMAGED', details: { file: path, offset: 0 } }]);
  });

  test.each(paths)('with something behind the end of %s', async (path) => {
    const original = fileSystem.readFile(path);
    const longer = new Uint8Array(original.length + 40);
    longer.set(original);
    await expectNoticed(sample, path, longer, intact);
    longer.set(original.subarray(0, 40), original.length);
    await expectNoticed(sample, path, longer, intact);
    expect(longer.length).toBe(original.length + 40);
  });

  test('damage that is found on opening leaves the disk as it was', async () => {
    const prng = new Prng(5);
    let refusedCount = 0;
    for (let round = 0; round < 200; round++) {
      const damaged = fileSystem.clone();
      const path = prng.pick(paths);
      damaged.writeFile(path, flipped(damaged.readFile(path), prng.below(sizes.get(path) ?? 0), 0x10));
      const before = damaged.paths().map((each) => [each, text(damaged.readFile(each))]);
      const opening = openStore({ directory: DIRECTORY, fileSystem: damaged, cacheBytes: 0 });
      const store = await opening.catch(() => undefined);
      await store?.close();
      if (store !== undefined) continue;
      refusedCount++;
      assert.deepEqual(
        damaged.paths().map((each) => [each, text(damaged.readFile(each))]),
        before,
      );
    }
    expect(refusedCount).toBeGreaterThan(50);
  });
});

test('a manifest of a later format is refused as too new', async () => {
  const { fileSystem } = await makeSample('closed');
  const path = `${DIRECTORY}/manifest`;
  const { crc32 } = await import('node:zlib');
  const crc = crc32('2 {}').toString(16).padStart(8, '0');
  fileSystem.writeFile(path, bytes(`millrace-store 2 ${crc} {}\n`));
  await expect(openStore({ directory: DIRECTORY, fileSystem, cacheBytes: 0 })).rejects.toMatchObject({
    code: 'DATA_TOO_NEW',
    details: { file: path, version: 2 },
  });
});
