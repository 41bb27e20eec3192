/**
 * The data directory of a durable engine: lock, format and manifest, and where everything else in it lies. The
 * coordinator's thread owns it; a shard's own directory inside belongs to that shard's thread.
 *
 * ```
 *   data/  millrace.json   what wrote it            lock              held while the engine runs
 *          manifest-…      what is committed        committed         a witness of it
 *          import.json     while it is filled from a savepoint
 *          generation-1/shard-0/changelog-…log      generation-1/shard-0/store/
 *          egress/<type>/changelog-…log
 * ```
 *
 * The directories of shards stand in a generation: the number of shards is part of where state lies, so to change it is
 * to write a new generation beside the old one, and to name it in the manifest when it is complete.
 */
import { join } from 'node:path';
import type { FileSystem } from '../base/file-system.ts';
import { KEY_GROUP_COUNT } from '../keys/key-group.ts';
import type { DeltaLocation } from '../store/changelog-frame.ts';
import { removeUncommitted } from '../store/changelog-recovery.ts';
import {
  checkDataFormat,
  DATA_FORMAT_VERSION,
  FORMAT_NAME,
  readDataFormat,
  writeDataFormat,
} from '../store/data-format.ts';
import { makeDurableDirectory } from '../store/durable-directory.ts';
import { Manifest } from '../store/manifest.ts';
import { PADDING_BYTES } from '../store/padded-file.ts';
import { callStorage, storageFailed } from '../store/storage-failure.ts';
import { type CheckpointEntry, decodeEntry, encodeEntry } from './checkpoint-entry.ts';

const GENERATION = 'generation-';

export interface DataDirectoryOptions {
  readonly path: string;
  readonly fileSystem: FileSystem;
  readonly storeName: string;
  /** For the directory's identity, when it is made. */
  readonly newId: () => string;
}

export class DataDirectory {
  readonly path: string;
  readonly fileSystem: FileSystem;
  manifest: Manifest;
  /** The last committed checkpoint; none in a new directory. */
  last: CheckpointEntry | undefined;
  /** The idempotency keys that were committed, oldest first. */
  readonly keys: readonly string[];

  private constructor(path: string, fileSystem: FileSystem, manifest: Manifest, entries: readonly CheckpointEntry[]) {
    this.path = path;
    this.fileSystem = fileSystem;
    this.manifest = manifest;
    this.last = entries.at(-1);
    this.keys = entries.flatMap(({ keys }) => keys);
  }

  /** Opens a directory, or makes it. Throws `DATA_OTHER_STORE`, `DATA_TOO_NEW`, `DATA_DAMAGED` or `STORAGE_FAILED`. */
  static async open({ path, fileSystem, storeName, newId }: DataDirectoryOptions): Promise<DataDirectory> {
    const format = readDataFormat(fileSystem, path);
    const own = { storeName, keyGroupCount: KEY_GROUP_COUNT };
    if (format === undefined) await writeDataFormat(fileSystem, path, { ...own, id: newId() });
    else {
      checkDataFormat(format, own, path);
      if (format.version < DATA_FORMAT_VERSION) await writeDataFormat(fileSystem, path, format);
      // What a killed process renamed last may be in the system's memory only, and everything else builds on it: a
      // power loss must not leave what is made from here on without the file that says whose it is.
      await fileSystem.syncDirectory(path).catch((cause: unknown) => Promise.reject(storageFailed(path, cause)));
    }
    return new DataDirectory(path, fileSystem, ...(await openManifest(fileSystem, path)));
  }

  /** Whether there is a data directory, whoever wrote it. */
  static isOne(fileSystem: FileSystem, path: string): boolean {
    return fileSystem.exists(join(path, FORMAT_NAME));
  }

  /** Reads the manifest anew, after a failure that leaves open what is in it. */
  async reopen(): Promise<void> {
    this.manifest.close();
    const [manifest, entries] = await openManifest(this.fileSystem, this.path);
    this.manifest = manifest;
    this.last = entries.at(-1);
  }

  get generation(): number {
    return this.last?.generation ?? 1;
  }

  get lastEpoch(): number {
    return this.last?.epoch ?? 0;
  }

  shardDirectory(shard: number, generation: number = this.generation): string {
    return join(this.path, `${GENERATION}${generation}`, `shard-${shard}`);
  }

  /** Removes the generations that the manifest does not name: what is left of one that was replaced or never completed. */
  removeOtherGenerations(): void {
    callStorage(this.path, () => {
      for (const name of this.fileSystem.list(this.path)) {
        if (name.startsWith(GENERATION) && name !== `${GENERATION}${this.generation}`) {
          this.fileSystem.removeDirectory(join(this.path, name));
        }
      }
    });
  }

  /** Of a type name, made safe for every file system; different names stay different. */
  egressDirectory(type: string): string {
    return join(this.path, 'egress', encodeURIComponent(type).replaceAll('*', '%2A'));
  }

  /** Makes the directories of this many shards. */
  async makeShardDirectories(shardCount: number, generation: number = this.generation): Promise<void> {
    for (let shard = 0; shard < shardCount; shard++) {
      await makeDurableDirectory(this.fileSystem, this.shardDirectory(shard, generation));
    }
  }

  /** Makes the directories of these egresses: a committed record must not be lost with the directory it lies in. */
  async makeEgressDirectories(types: readonly string[]): Promise<void> {
    for (const type of types) await makeDurableDirectory(this.fileSystem, this.egressDirectory(type));
  }

  /** What a shard has in the last committed checkpoint. */
  committedOf(shard: number): { readonly epoch: number; readonly location: DeltaLocation } | undefined {
    const location = this.last?.shards[shard];
    return this.last === undefined || location === undefined ? undefined : { epoch: this.last.epoch, location };
  }

  /** Removes what shards that have ended wrote behind the last commit, in files that it does not name. */
  removeUncommitted(shardCount: number): void {
    for (let shard = 0; shard < shardCount; shard++) {
      const directory = this.shardDirectory(shard);
      callStorage(directory, () => removeUncommitted(this.fileSystem, directory, this.committedOf(shard)?.location));
    }
  }

  close(): void {
    this.manifest.close();
  }
}

/** The manifest with what it says; the last entry is stated anew, in a file that owes nothing to an earlier failure (I9). */
async function openManifest(fileSystem: FileSystem, path: string): Promise<[Manifest, CheckpointEntry[]]> {
  const { manifest, entries } = Manifest.open(fileSystem, path, PADDING_BYTES);
  const checkpoints = entries.map(({ bytes }) => decodeEntry(bytes));
  const last = checkpoints.at(-1);
  if (last !== undefined) {
    const keys = checkpoints.flatMap((entry) => entry.keys);
    await manifest.replace(last.epoch, encodeEntry({ ...last, keys }));
  }
  return [manifest, checkpoints];
}
