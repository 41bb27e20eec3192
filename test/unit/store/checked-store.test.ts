/** The checksums of values: they are not seen from outside, and whatever is wrong beneath is. */
import { describe, expect, test } from 'vitest';
import { openStore } from '../../../native-free/log-store.ts';
import { CheckedStore, readableKey } from '../../../src/store/checked-store.ts';
import type { StateStore } from '../../../src/store/state-store.ts';
import { SimulatedFileSystem } from '../../../src/testing/simulated-file-system.ts';
import { bytes, entriesOf, text } from '../../../src/testing/store-case.ts';
import { storeConformance } from '../../../src/testing/store-conformance.ts';

describe('a checked store is a state store', () => {
  const fileSystem = new SimulatedFileSystem({ autoSync: true });
  let directoryCount = 0;
  storeConformance({
    test,
    fileSystem,
    openStore: async (options) => new CheckedStore(await openStore(options)),
    makeDirectory: () => `/data-${++directoryCount}`,
  });
});

/** A checked store, and the store beneath, whose values a test changes behind its back. */
async function makeStores(): Promise<{ store: CheckedStore; beneath: StateStore }> {
  const fileSystem = new SimulatedFileSystem({ autoSync: true });
  const beneath = await openStore({ directory: '/data', fileSystem, cacheBytes: 1 << 20 });
  const store = new CheckedStore(beneath);
  const batch = store.batch();
  for (const key of ['a', 'b', 'c\\\0']) batch.put(bytes(key), bytes(`value of ${key}`));
  batch.put(bytes('empty'), bytes(''));
  await batch.write();
  return { store, beneath };
}

async function place(store: StateStore, key: string, value: Uint8Array): Promise<void> {
  const batch = store.batch();
  batch.put(bytes(key), value);
  await batch.write();
}

async function stored(store: StateStore, key: string): Promise<Uint8Array> {
  const [value] = await store.getMany([bytes(key)]);
  return value ?? bytes('');
}

describe('a checked store', () => {
  test('adds four bytes to a value', async () => {
    const { beneath } = await makeStores();
    const [value] = await beneath.getMany([bytes('empty')]);
    expect(value).toHaveLength(4);
  });

  test('notices every changed bit of a value or its checksum', async () => {
    const { store, beneath } = await makeStores();
    const original = await stored(beneath, 'a');
    for (let bit = 0; bit < original.length * 8; bit++) {
      const changed = Uint8Array.from(original);
      changed[bit >> 3] ^= 1 << (bit & 7);
      await place(beneath, 'a', changed);
      await expect(store.getMany([bytes('b'), bytes('a')])).rejects.toMatchObject({
        code: 'DATA_DAMAGED',
        message: expect.stringContaining('"a"'),
        details: { key: '"a"' },
      });
    }
  });

  test('notices a value that is too short or belongs to another key', async () => {
    const { store, beneath } = await makeStores();
    for (const wrong of [bytes(''), bytes('abc'), await stored(beneath, 'b')]) {
      await place(beneath, 'a', wrong);
      await expect(store.getMany([bytes('a')])).rejects.toMatchObject({ code: 'DATA_DAMAGED' });
      await expect(entriesOf(store.scan(bytes(''), undefined))).rejects.toMatchObject({ code: 'DATA_DAMAGED' });
    }
    expect((await entriesOf(store.scan(bytes('b'), undefined))).map(({ value }) => text(value))).toContain(
      'value of b',
    );
  });

  test('scrubs: reads everything, and lists what is damaged', async () => {
    const { store, beneath } = await makeStores();
    expect(await store.scrub()).toEqual({ entryCount: 4, damagedCount: 0, damagedKeys: [], failure: undefined });
    await place(beneath, 'a', bytes('nonsense'));
    await place(beneath, 'c\\\0', bytes(''));
    const progress: number[] = [];
    expect(await store.scrub((entryCount) => progress.push(entryCount))).toEqual({
      entryCount: 4,
      damagedCount: 2,
      damagedKeys: ['"a"', '"c\\x5c\\x00"'],
      failure: undefined,
    });
    expect(progress).toEqual([4]);
  });

  test('scrubs on until the store beneath cannot read any further', async () => {
    const { beneath } = await makeStores();
    const { MillraceError } = await import('../../../src/sdk/errors.ts');
    const failure = new MillraceError('DATA_DAMAGED', 'somewhere');
    const broken = Object.create(beneath) as StateStore;
    broken.scan = async function* () {
      yield [{ key: bytes('a'), value: bytes('nonsense') }];
      throw failure;
    };
    const report = await new CheckedStore(broken).scrub();
    expect(report).toEqual({ entryCount: 1, damagedCount: 1, damagedKeys: ['"a"'], failure });
  });
});

test('a key is shown so that it can be read', () => {
  expect(readableKey(bytes('plain key'))).toBe('"plain key"');
  expect(readableKey(bytes('\x01é\\'))).toBe('"\\x01\\xe9\\x5c"');
  expect(readableKey(new Uint8Array(500).fill(0x61))).toBe(`"${'a'.repeat(120)}"… (500 bytes)`);
});
