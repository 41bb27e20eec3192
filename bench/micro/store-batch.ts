/**
 * What folding writes into the store of a shard: batches of 1,000 records that are durable when they have been written.
 *
 * ```
 *   batch() ─▶ put × 1,000 (keys of 24 bytes, values of 40) ─▶ write()       the store of classic-level, 100,000 keys
 * ```
 *
 * Rival: `batch` of classic-level itself, synced. The checksum is the number of records found in the end. `--entities` is
 * how many keys there are.
 */
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { Prng } from '../../src/base/prng.ts';
import { NodeFileSystem } from '../../src/base/node-file-system.ts';
import { openStore } from '../../src/level/level-store.ts';
import { OURS } from '../harness/benchmark.ts';
import type { Batch, OpenBatch, SuiteFile, Suite } from '../harness/micro.ts';
import { Scratch } from '../harness/scratch.ts';

const BATCH_COUNT = 1_000;
const KEY_BYTES = 24;
const VALUE_BYTES = 40;
const CACHE_BYTES = 64 << 20;

/** A store that is written in batches. */
interface Batches {
  write(keys: readonly Buffer[], value: Buffer): Promise<void>;
  /** How many records there are. */
  count(): Promise<number>;
  close(): Promise<void>;
}

export const suites: readonly Suite[] = [
  {
    name: 'store-batch',
    unit: 'records/s',
    about: `batches of ${BATCH_COUNT.toLocaleString('en-US')} records into the store of a shard, durable`,
    hasEntities: true,
    isLong: true,
    contenders: { [OURS]: writing(openOurs), 'classic-level': writing(openLevel) },
  },
];

export const storeBatchSuites: SuiteFile = { file: import.meta.url, suites };

function writing(open: (directory: string) => Promise<Batches>): OpenBatch {
  return async (keyCount): Promise<Batch> => {
    const scratch = new Scratch();
    const batches = await open(join(scratch.path, 'store'));
    const written = new Set<number>();
    const random = new Prng(5);
    return {
      callCount: BATCH_COUNT,
      async run() {
        const keys = Array.from({ length: BATCH_COUNT }, () => keyOf(random.below(keyCount), written));
        await batches.write(keys, Buffer.alloc(VALUE_BYTES, written.size & 0xff));
        return keys.length;
      },
      expected: BATCH_COUNT,
      total: async () => ({ checksum: await batches.count(), expected: written.size }),
      async close() {
        await batches.close();
        scratch.remove();
      },
    };
  };
}

function keyOf(number: number, written: Set<number>): Buffer {
  written.add(number);
  return Buffer.from(String(number).padStart(KEY_BYTES, '0'), 'latin1');
}

async function openOurs(directory: string): Promise<Batches> {
  const store = await openStore({ directory, fileSystem: new NodeFileSystem(), cacheBytes: CACHE_BYTES });
  return {
    async write(keys, value) {
      const batch = store.batch();
      for (const key of keys) batch.put(key, value);
      await batch.write();
    },
    async count() {
      let count = 0;
      for await (const group of store.scan(new Uint8Array(0), undefined)) count += group.length;
      return count;
    },
    close: () => store.close(),
  };
}

async function openLevel(directory: string): Promise<Batches> {
  const database = new ClassicLevel<Buffer, Buffer>(directory, {
    keyEncoding: 'buffer',
    valueEncoding: 'buffer',
    cacheSize: CACHE_BYTES,
  });
  await database.open();
  return {
    async write(keys, value) {
      await database.batch(
        keys.map((key) => ({ type: 'put' as const, key, value })),
        { sync: true },
      );
    },
    async count() {
      let count = 0;
      for await (const _ of database.keys()) count++;
      return count;
    },
    close: () => database.close(),
  };
}
