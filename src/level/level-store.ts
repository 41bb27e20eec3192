/**
 * The state store on LevelDB, and the only file that knows of it. One database in the store's directory; writes are
 * synced, so a batch that was written is durable. LevelDB does its work on threads of its own.
 *
 * LevelDB notices some damage to its files by itself, and not all: it does not verify the checksums of what it reads.
 * So what has to be right is read through the checked store, the logs are verified here before LevelDB plays them back,
 * and the tables when somebody asks. The package is an optional dependency; it is loaded with the first store.
 */
import type { ChainedBatch, ClassicLevel, Iterator as LevelIterator } from 'classic-level';
import { assert } from '../base/assert.ts';
import { MillraceError } from '../sdk/errors.ts';
import type {
  OpenStore,
  StateStore,
  StoreBatch,
  StoreCapabilities,
  StoreEntry,
  StoreOptions,
} from '../store/state-store.ts';
import { verifyLogs, verifyTables } from './leveldb-files.ts';
import { FirstFailure } from '../store/first-failure.ts';
import { asStorageError } from '../store/storage-failure.ts';

type Database = ClassicLevel<Uint8Array, Uint8Array>;
type Batch = ChainedBatch<Database, Uint8Array, Uint8Array>;
type Group = readonly StoreEntry[];

const CAPABILITIES: StoreCapabilities = { name: 'level', injectedFileSystem: false, streamingScan: true };

/**
 * Opening replays what is in the write buffer, which takes 35 ms a mebibyte, so it does not grow with the cache. With one of 16 MiB
 * a put costs more, not less (see `bench/NOTES.md`).
 */
const WRITE_BUFFER_BYTES_MAX = 1 << 21;
const GROUP_BYTES = 1 << 16;
/**
 * A group is limited by its bytes, and by this where entries are tiny. Not more: each open scan of LevelDB sets aside 64
 * bytes for every entry that it may give, hundreds are open at a time, and a process that has set aside more memory than
 * there is cannot start another process.
 */
const GROUP_ENTRIES_MAX = 1 << 12;

class LevelStore implements StateStore {
  readonly capabilities: StoreCapabilities = CAPABILITIES;
  readonly #database: Database;
  readonly #failure: FirstFailure;
  #closing: Promise<void> | undefined;

  constructor(database: Database, failure: FirstFailure) {
    this.#database = database;
    this.#failure = failure;
  }

  async getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    this.#check();
    try {
      return await this.#database.getMany(keys as Uint8Array[]);
    } catch (error) {
      throw asLevelError('Reading the store', this.#database.location, error);
    }
  }

  getSync(key: Uint8Array): Uint8Array | undefined {
    this.#check();
    try {
      return this.#database.getSync(key);
    } catch (error) {
      throw asLevelError('Reading the store', this.#database.location, error);
    }
  }

  batch(): StoreBatch {
    return new LevelBatch(this.#database, () => this.#check(), this.#failure);
  }

  scan(from: Uint8Array, before: Uint8Array | undefined, groupBytes = GROUP_BYTES): AsyncIterable<Group> {
    if (this.#closing !== undefined) return new LevelScan(undefined, this.#database.location, () => this.#check());
    const iterator = this.#database.iterator({
      gte: from,
      ...(before === undefined ? {} : { lt: before }),
      highWaterMarkBytes: Math.max(1, groupBytes),
    });
    return new LevelScan(iterator, this.#database.location, () => this.#check());
  }

  async verify(): Promise<void> {
    this.#check();
    try {
      await verifyTables(this.#database.location);
    } catch (error) {
      throw asLevelError('Verifying the store', this.#database.location, error);
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #check(): void {
    assert(this.#closing === undefined, 'a store that is closed is not used again');
    this.#failure.check();
  }

  async #close(): Promise<void> {
    try {
      await this.#database.close();
    } catch (error) {
      throw asLevelError('Closing the store', this.#database.location, error);
    }
  }
}

class LevelBatch implements StoreBatch {
  readonly #database: Database;
  readonly #check: () => void;
  readonly #failure: FirstFailure;
  /** Made with the first change, so that asking a closed store for a batch does no harm. */
  #batch: Batch | undefined;
  #isWritten = false;

  constructor(database: Database, check: () => void, failure: FirstFailure) {
    this.#database = database;
    this.#check = check;
    this.#failure = failure;
  }

  get count(): number {
    return this.#batch?.length ?? 0;
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#open()?.put(key, value);
  }

  delete(key: Uint8Array): void {
    this.#open()?.del(key);
  }

  async write(): Promise<void> {
    assert(!this.#isWritten, 'a batch is written once');
    this.#isWritten = true;
    this.#check();
    if (this.#batch === undefined) return;
    try {
      await this.#batch.write({ sync: true });
    } catch (error) {
      throw this.#failure.stop('Writing a batch', asLevelError('Writing a batch', this.#database.location, error));
    }
  }

  #open(): Batch | undefined {
    assert(!this.#isWritten, 'a batch that was written takes no more changes');
    if (this.#database.status === 'open') this.#batch ??= this.#database.batch();
    return this.#batch;
  }
}

class LevelScan implements AsyncIterableIterator<Group> {
  readonly #iterator: LevelIterator<Database, Uint8Array, Uint8Array> | undefined;
  readonly #location: string;
  readonly #check: () => void;
  #isDone = false;

  constructor(
    iterator: LevelIterator<Database, Uint8Array, Uint8Array> | undefined,
    location: string,
    check: () => void,
  ) {
    this.#iterator = iterator;
    this.#location = location;
    this.#check = check;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Group, undefined>> {
    if (this.#isDone) return { done: true, value: undefined };
    this.#check();
    const entries = await this.#nextEntries();
    if (entries.length > 0) return { done: false, value: entries.map(([key, value]) => ({ key, value })) };
    return this.return();
  }

  async return(): Promise<IteratorResult<Group, undefined>> {
    this.#isDone = true;
    await this.#iterator?.close();
    return { done: true, value: undefined };
  }

  async #nextEntries(): Promise<[Uint8Array, Uint8Array][]> {
    try {
      return (await this.#iterator?.nextv(GROUP_ENTRIES_MAX)) ?? [];
    } catch (error) {
      await this.return();
      throw asLevelError('Reading the store', this.#location, error);
    }
  }
}

export const openStore: OpenStore = async ({ directory, cacheBytes }: StoreOptions) => {
  try {
    const { ClassicLevel: Level } = await import('classic-level');
    const writeBufferSize = Math.min(WRITE_BUFFER_BYTES_MAX, Math.floor(cacheBytes / 4));
    // Two write buffers may be in use at the same time.
    const cacheSize = Math.max(0, cacheBytes - 2 * writeBufferSize);
    await verifyLogs(directory);
    const encodings = { keyEncoding: 'view', valueEncoding: 'view' };
    // Not compressed, so that a damaged bit stays one damaged bit, and tables can be verified.
    const database: Database = new Level(directory, { ...encodings, cacheSize, writeBufferSize, compression: false });
    await database.open();
    return new LevelStore(database, new FirstFailure(directory));
  } catch (error) {
    throw asLevelError('Opening the store', directory, error);
  }
};

/** LevelDB says what happened in the code of an error, or of the one behind it. */
function asLevelError(what: string, directory: string, error: unknown): Error {
  const codes = [codeOf(error), codeOf((error as Error | undefined)?.cause)];
  const reason = error instanceof Error ? reasonOf(error) : String(error);
  const details = { file: directory };
  if (codes.includes('LEVEL_LOCKED')) {
    const lock = `${directory} is open already, in this process or in another one`;
    return new MillraceError('DATA_LOCKED', lock, { cause: error, details });
  }
  if (codes.includes('LEVEL_CORRUPTION')) {
    return new MillraceError('DATA_DAMAGED', `${directory} is damaged: ${reason}`, { cause: error, details });
  }
  return asStorageError(`${what} in ${directory}`, error);
}

function codeOf(error: unknown): unknown {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}

/** The innermost message, since that of the outer error only says that the database could not be opened. */
function reasonOf(error: Error): string {
  return error.cause instanceof Error ? reasonOf(error.cause) : error.message;
}

/**
 * Loads LevelDB in the calling thread and keeps it. The main thread does that before any shard starts: when the last
 * thread that has loaded an addon ends, Node unloads the addon, and LevelDB's own background thread may still be in it,
 * which ends the process with a segmentation fault.
 */
export async function keepLoaded(): Promise<void> {
  try {
    await import('classic-level');
  } catch (cause) {
    const what =
      "classic-level is not installed (it is an optional dependency); without it, import from 'millrace/native-free'";
    throw new MillraceError('STORAGE_FAILED', what, { cause });
  }
}
