/**
 * Counters in an embedded store, on one thread: read, add one, write back, in transactions that are synced to disk before
 * they count. It is what somebody writes who needs a durable number per key and nothing else. Tuned as far as we know
 * how; `batchCount` increments share a transaction.
 */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ClassicLevel } from 'classic-level';
import { missingPackage } from '../rival-package.ts';

export interface CounterStore {
  /** Adds one for each of these ids, which may repeat, in one transaction. */
  addAll(ids: readonly string[]): void | Promise<void>;
  sum(): number | Promise<number>;
  close(): void | Promise<void>;
}

export type StoreKind = 'level' | 'lmdb' | 'sqlite';

const CACHE_BYTES = 256 << 20;

export function openCounterStore(kind: StoreKind, directory: string): Promise<CounterStore> {
  switch (kind) {
    case 'level':
      return openLevel(directory);
    case 'lmdb':
      return openLmdb(directory);
    case 'sqlite':
      return Promise.resolve(openSqlite(directory));
  }
}

/** Why a store cannot be used here; undefined if it can. */
export function missingStore(kind: StoreKind): string | undefined {
  return kind === 'lmdb' ? missingPackage('lmdb') : undefined;
}

async function openLevel(directory: string): Promise<CounterStore> {
  const database = new ClassicLevel<string, number>(directory, {
    keyEncoding: 'utf8',
    valueEncoding: 'json',
    cacheSize: CACHE_BYTES,
    writeBufferSize: 64 << 20,
    compression: false,
  });
  await database.open();
  return {
    async addAll(ids) {
      const counts = countsOf(ids);
      const keys = [...counts.keys()];
      const values = await database.getMany(keys);
      const puts = keys.map((key, index) => {
        return { type: 'put' as const, key, value: (values[index] ?? 0) + (counts.get(key) ?? 0) };
      });
      await database.batch(puts, { sync: true });
    },
    async sum() {
      let sum = 0;
      for await (const value of database.values()) sum += value;
      return sum;
    },
    close: () => database.close(),
  };
}

function openSqlite(directory: string): CounterStore {
  const database = new DatabaseSync(join(directory, 'counters.db'));
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = ${-(CACHE_BYTES >> 10)};
    CREATE TABLE IF NOT EXISTS counters (id TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID`);
  const begin = database.prepare('BEGIN IMMEDIATE');
  const commit = database.prepare('COMMIT');
  const add = database.prepare('INSERT INTO counters VALUES (?, 1) ON CONFLICT (id) DO UPDATE SET count = count + 1');
  const total = database.prepare('SELECT coalesce(sum(count), 0) AS sum FROM counters');
  return {
    addAll(ids) {
      begin.run();
      for (const id of ids) add.run(id);
      commit.run();
    },
    sum: () => Number(total.get()?.['sum']),
    close: () => database.close(),
  };
}

/** As much of the package lmdb as is used here; it is installed only where somebody wants to compare. */
interface Lmdb {
  open(options: object): {
    get(key: string): number | undefined;
    putSync(key: string, value: number): void;
    transactionSync(work: () => void): void;
    getRange(): Iterable<{ readonly value: number }>;
    close(): Promise<void>;
  };
}

async function openLmdb(directory: string): Promise<CounterStore> {
  const name = 'lmdb';
  const { open } = (await import(name)) as Lmdb;
  // Without overlapping syncs, a transaction is on disk when it returns.
  const database = open({ path: join(directory, 'lmdb'), overlappingSync: false, noMemInit: true });
  return {
    addAll: (ids) =>
      database.transactionSync(() => {
        for (const id of ids) database.putSync(id, (database.get(id) ?? 0) + 1);
      }),
    sum() {
      let sum = 0;
      for (const { value } of database.getRange()) sum += value;
      return sum;
    },
    close: () => database.close(),
  };
}

function countsOf(ids: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}
