/**
 * A scrub of a running engine: all that is stored is read, and what is damaged is told and left alone.
 */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openStore as openLogStore } from '../../native-free/log-store.ts';
import { NodeFileSystem } from '../../src/base/node-file-system.ts';
import { startEngine } from '../../src/index.ts';
import { openStore as openLevelStore } from '../../src/level/level-store.ts';
import type { OpenStore } from '../../src/store/state-store.ts';
import { counter } from './durability-module.ts';
import { ENTRY_NAMES, MODULE, open, scratch, SHARD_COUNT, totalOf } from './durability-stage.ts';

const STORES: Readonly<Record<string, OpenStore>> = {
  millrace: openLevelStore,
  'millrace/native-free': openLogStore,
};
const IDS = Array.from({ length: 400 }, (_, index) => `customer-${index}`);

/** Damages the stored value of one entity; returns in how many stores it was. */
async function damage(folder: string, openStore: OpenStore, id: string): Promise<number> {
  let found = 0;
  for (let shard = 0; shard < SHARD_COUNT; shard++) {
    const directory = join(folder, 'data', 'generation-1', `shard-${shard}`, 'store');
    const store = await openStore({ directory, fileSystem: new NodeFileSystem(), cacheBytes: 1 << 20 });
    for await (const group of store.scan(new Uint8Array(0), undefined)) {
      for (const { key, value } of group) {
        if (!Buffer.from(key).toString('latin1').endsWith(id)) continue;
        const batch = store.batch();
        batch.put(key, value.with(0, value[0] ^ 1));
        await batch.write();
        found++;
      }
    }
    await store.close();
  }
  return found;
}

describe.each(ENTRY_NAMES)('%s', (entry) => {
  test('reads all that is stored, and names what is damaged', async () => {
    const folder = scratch();
    const first = await open(entry, folder);
    await Promise.all(IDS.map((id) => first.engine.send(counter, id, { add: 1, isSilent: true })));
    // A savepoint brings the stores up to date.
    await first.engine.savepoint(join(folder, 'savepoint'));
    const progress: number[] = [];
    const clean = await first.engine.scrub({ onProgress: (count) => void progress.push(count) });
    // Beside the entities each store says how far it is.
    // Each store says of itself what has been folded into it, and what has begun to be.
    const entryCount = IDS.length + 2 * SHARD_COUNT;
    expect(clean).toEqual({ entryCount, damagedCount: 0, damagedKeys: [], failures: [] });
    expect(progress.at(-1)).toBe(clean.entryCount);
    await first.engine.stop();

    expect(await damage(folder, STORES[entry], 'customer-77')).toBe(1);
    const { engine } = await open(entry, folder);
    const { damagedCount, damagedKeys } = await engine.scrub();
    expect([damagedCount, damagedKeys]).toEqual([1, [expect.stringContaining('customer-77')]]);
    expect(await totalOf(engine, 'customer-78'), 'the engine goes on').toBe(1);
  });
});

test('an engine in memory has nothing to read', async () => {
  const engine = await startEngine({ module: MODULE, shardCount: SHARD_COUNT });
  expect(await engine.scrub()).toEqual({ entryCount: 0, damagedCount: 0, damagedKeys: [], failures: [] });
  await engine.stop();
  await expect(engine.scrub()).rejects.toMatchObject({ code: 'ENGINE_STOPPED' });
});
