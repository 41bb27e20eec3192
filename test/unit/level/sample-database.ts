/** A small database whose entries lie in a table, for tests that damage it. */
import { NodeFileSystem } from '../../../src/base/node-file-system.ts';
import { openStore } from '../../../src/level/level-store.ts';
import { CheckedStore } from '../../../src/store/checked-store.ts';
import { bytes } from '../../../src/testing/store-case.ts';

export const KEYS: readonly string[] = Array.from(
  { length: 400 },
  (_, number) => `key-${String(number).padStart(4, '0')}`,
);

export function valueOf(key: string): string {
  return `value of ${key}, `.repeat(6);
}

/** Fills the directory. LevelDB makes a table of its log when it opens. */
export async function makeDatabase(directory: string, keyCount: number = KEYS.length): Promise<void> {
  const options = { directory, fileSystem: new NodeFileSystem(), cacheBytes: 1 << 20 };
  const store = new CheckedStore(await openStore(options));
  const batch = store.batch();
  for (const key of KEYS.slice(0, keyCount)) batch.put(bytes(key), bytes(valueOf(key)));
  await batch.write();
  await store.close();
  await (await openStore(options)).close();
}
