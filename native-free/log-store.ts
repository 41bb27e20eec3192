/**
 * The state store without native code: a log-structured merge store (O'Neil and others, 1996). Batches go to a log and
 * a sorted memtable; full memtables become immutable sorted tables; tables are merged in the background. One thread owns
 * it, and the directory must be its alone: it does not lock it, the engine does.
 *
 * ```
 *   batch ─► log (durable) ─► active memtable ─► frozen memtable ─► table ─► merged tables
 *                                     getMany, scan: newest first ◄──────────────┘
 * ```
 *
 * Memory stays within `cacheBytes`, a quarter of it for each of the two memtables and half for pages of tables; what
 * grows with the state is a root per table, a key for about every 256 KiB. Filters and indexes take about two bytes a
 * key on disk, and in memory only while they are in the cache.
 */
import { assert } from '../src/base/assert.ts';
import type {
  OpenStore,
  StateStore,
  StoreBatch,
  StoreCapabilities,
  StoreEntry,
  StoreOptions,
} from '../src/store/state-store.ts';
import { FirstFailure } from '../src/store/first-failure.ts';
import { asStorageError } from '../src/store/storage-failure.ts';
import { CommitQueue } from './commit-queue.ts';
import { Compactor } from './compactor.ts';
import { Contents } from './contents.ts';
import { copyOfRange, EntryReader } from './entry.ts';
import { LogBatch } from './log-batch.ts';
import { LogScan } from './log-scan.ts';
import { Manifest } from './manifest.ts';
import { nextTurn, SLICE_ENTRIES } from './next-turn.ts';
import { PageCache } from './page-cache.ts';
import { openLog, openTables } from './recovery.ts';
import { Rotation, type RotationParts } from './rotation.ts';
import { TableFiles } from './table-files.ts';

const CAPABILITIES: StoreCapabilities = { name: 'native-free', injectedFileSystem: true, streamingScan: true };

/** Larger memtables would make fewer tables, and opening slower. */
const MEMTABLE_BYTES_MAX = 1 << 23;
const MEMTABLE_BYTES_MIN = 1 << 13;
const GROUP_BYTES = 1 << 16;

class LogStore implements StateStore {
  readonly capabilities: StoreCapabilities = CAPABILITIES;
  readonly #contents: Contents;
  readonly #files: TableFiles;
  readonly #compactor: Compactor;
  readonly #rotation: Rotation;
  readonly #failure: FirstFailure;
  readonly #commits: CommitQueue;
  readonly #entry = new EntryReader();
  readonly #reads = new Set<Promise<unknown>>();
  readonly #scans = new Set<LogScan>();
  #closing: Promise<void> | undefined;

  constructor(parts: RotationParts, rotation: Rotation, commits: CommitQueue) {
    this.#contents = parts.contents;
    this.#files = parts.files;
    this.#compactor = parts.compactor;
    this.#failure = parts.failure;
    this.#rotation = rotation;
    this.#commits = commits;
  }

  async getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    this.#check();
    const read = this.#read(keys);
    this.#reads.add(read);
    try {
      return await read;
    } catch (error) {
      throw asStorageError('Reading the store', error);
    } finally {
      this.#reads.delete(read);
    }
  }

  getSync(key: Uint8Array): Uint8Array | undefined {
    this.#check();
    const snapshot = this.#contents.snapshot();
    try {
      return snapshot.get(key, this.#entry);
    } catch (error) {
      throw asStorageError('Reading the store', error);
    } finally {
      snapshot.release();
    }
  }

  batch(): StoreBatch {
    return new LogBatch(async (record) => {
      this.#check();
      await this.#commits.submit(record);
    });
  }

  scan(
    from: Uint8Array,
    before: Uint8Array | undefined,
    groupBytes = GROUP_BYTES,
  ): AsyncIterable<readonly StoreEntry[]> {
    const range = {
      from: copyOfRange(from, 0, from.length),
      before: before && copyOfRange(before, 0, before.length),
      groupBytes: Math.max(1, groupBytes),
    };
    const scan = new LogScan(
      this.#contents.snapshot(),
      range,
      () => this.#check(),
      () => this.#scans.delete(scan),
    );
    this.#scans.add(scan);
    return scan;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #check(): void {
    assert(this.#closing === undefined, 'a store that is closed is not used again');
    this.#failure.check();
  }

  async #read(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    const values = new Array<Uint8Array | undefined>(keys.length);
    const snapshot = this.#contents.snapshot();
    try {
      for (let index = 0; index < keys.length; index++) {
        if (index > 0 && index % SLICE_ENTRIES === 0) await nextTurn();
        values[index] = snapshot.get(keys[index], this.#entry);
      }
      return values;
    } finally {
      snapshot.release();
    }
  }

  async #close(): Promise<void> {
    await this.#commits.drained();
    this.#files.isStopped = true;
    await Promise.allSettled([this.#rotation.idle(), this.#compactor.idle(), ...this.#reads]);
    for (const scan of this.#scans) scan.close();
    try {
      await this.#rotation.close();
    } catch (error) {
      throw this.#failure.stop('Closing the store', error);
    } finally {
      for (const table of this.#contents.tables) table.release();
    }
  }
}

export const openStore: OpenStore = async (options) => {
  try {
    return await open(options);
  } catch (error) {
    throw asStorageError(`Opening the store in ${options.directory}`, error);
  }
};

async function open({ fileSystem, directory, cacheBytes }: StoreOptions): Promise<StateStore> {
  const memtableBytesMax = Math.min(MEMTABLE_BYTES_MAX, Math.max(MEMTABLE_BYTES_MIN, Math.floor(cacheBytes / 4)));
  const manifest = await Manifest.open(fileSystem, directory);
  const failure = new FirstFailure(directory);
  const cache = new PageCache(Math.max(0, cacheBytes - 2 * memtableBytesMax));
  const files = new TableFiles(fileSystem, directory, manifest, cache, failure);
  const contents = new Contents(openTables(fileSystem, directory, manifest, files), memtableBytesMax);
  try {
    const compactor = new Compactor(contents, manifest, files, failure, memtableBytesMax);
    const log = await openLog(fileSystem, directory, manifest, contents);
    compactor.start();
    const parts = { fileSystem, directory, contents, manifest, files, compactor, failure };
    const rotation = new Rotation(parts, log);
    const commits = new CommitQueue(failure, memtableBytesMax, () => rotation.target());
    return new LogStore(parts, rotation, commits);
  } catch (error) {
    for (const table of contents.tables) table.release();
    throw error;
  }
}
