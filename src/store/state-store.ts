/**
 * The contract of a state store: the sorted store of one shard, into which committed deltas are folded. It holds bytes
 * by bytes and knows nothing of entities, and it never holds uncommitted state. One thread owns and opens it.
 *
 * When a write or a sync has failed, the store has stopped: every later call rejects, until it is opened anew (I9).
 *
 * There are two implementations, `src/level/` and `native-free/`, and one conformance suite for both.
 */
import type { FileSystem } from '../base/file-system.ts';

/** What a store can do beyond the contract, for those who can use it. */
export interface StoreCapabilities {
  /** The name that a data directory carries, such as `level`: only the same kind of store can open it again. */
  readonly name: string;
  /** Whether it runs on the FileSystem that it is given (or else on the machine's own). */
  readonly injectedFileSystem: boolean;
  /** Whether `scan` reads a snapshot in constant memory. */
  readonly streamingScan: boolean;
}

/** Changes that happen together or not at all, the later of two to one key. `put` and `delete` copy what they are given. */
export interface StoreBatch {
  readonly count: number;
  put(key: Uint8Array, value: Uint8Array): void;
  delete(key: Uint8Array): void;
  /** Resolves when all changes are durable, and from then on every read sees them. The batch must not be used again. */
  write(): Promise<void>;
}

/** One entry of a scan. */
export interface StoreEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

export interface StateStore {
  readonly capabilities: StoreCapabilities;
  /**
   * The values of these keys in the same order, `undefined` where there is none. The keys must not change until it
   * resolves; the values are the caller's.
   */
  getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]>;
  /** The same for one key at once, for what an invocation cannot wait for; may read from disk. */
  getSync(key: Uint8Array): Uint8Array | undefined;
  batch(): StoreBatch;
  /**
   * All entries with `from` <= key < `before` (bytes compared unsigned, a prefix before what it begins; no `before`: to
   * the end), ascending, in groups of about `groupBytes`, as they were at the time of the call, whatever is written
   * meanwhile. A scan is read once, one group after the other, and holds on to what it sees until its end or `return`.
   */
  scan(from: Uint8Array, before: Uint8Array | undefined, groupBytes?: number): AsyncIterable<readonly StoreEntry[]>;
  /**
   * For a store that does not verify all that it reads: compares what lies on disk with its checksums, and rejects with
   * DATA_DAMAGED at the first difference. It may take as long as reading everything.
   */
  verify?(): Promise<void>;
  /** Waits for what is under way, and closes; open scans end with an error. The store must not be used again. */
  close(): Promise<void>;
}

export interface StoreOptions {
  /** A directory of the store's own; made if need be. */
  readonly directory: string;
  readonly fileSystem: FileSystem;
  /** Memory for caches and write buffers. */
  readonly cacheBytes: number;
}

/** What a store module exports as `openStore`; a worker thread imports it by URL. */
export type OpenStore = (options: StoreOptions) => Promise<StateStore>;
