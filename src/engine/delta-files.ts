/**
 * The files that a checkpoint's deltas were written to, for syncing: the coordinator opens what others append to, since
 * a sync through any handle covers all that was written before it. What was written ahead of a cut may be synced ahead of
 * it, too: then little is left for the sync that a commit waits for. That one fails if the one before has (I9).
 */
import type { FileSystem, OpenFile } from '../base/file-system.ts';
import type { WrittenDelta } from '../io/egress-journal.ts';
import { segmentPath } from '../store/changelog-segment.ts';
import { storageFailed } from '../store/storage-failure.ts';

export class DeltaFiles {
  readonly #fileSystem: FileSystem;
  /** The current segment of each directory is kept open, since it is synced again and again. */
  readonly #files = new Map<string, OpenFile>();
  /** What was synced ahead; a commit waits for that, too. */
  #ahead: Promise<unknown> = Promise.resolve();

  constructor(fileSystem: FileSystem) {
    this.#fileSystem = fileSystem;
  }

  /** Begins to sync what has been written to the files that were synced last; at most once between two commits. */
  syncAhead(): void {
    const syncs = [...this.#files.values()].map((file) => syncFile(file));
    this.#ahead = Promise.allSettled(syncs).then(() => Promise.all(syncs));
    // Whoever commits hears of a failure.
    this.#ahead.catch(() => {});
  }

  /** Resolves when the delta is durable. */
  async sync({ directory, location, isNewSegment }: WrittenDelta): Promise<void> {
    const path = segmentPath(directory, location.segment);
    // No file is synced after a sync of it has failed (I9).
    await this.#ahead;
    try {
      const synced = this.#file(directory, path).sync();
      await Promise.all(isNewSegment ? [synced, this.#fileSystem.syncDirectory(directory)] : [synced]);
    } catch (cause) {
      throw storageFailed(path, cause);
    }
  }

  /** Whatever became of what was synced ahead is forgotten. */
  async close(): Promise<void> {
    await this.#ahead.catch(() => {});
    this.#ahead = Promise.resolve();
    for (const file of this.#files.values()) file.close();
    this.#files.clear();
  }

  #file(directory: string, path: string): OpenFile {
    const known = this.#files.get(directory);
    if (known?.path === path) return known;
    known?.close();
    const file = this.#fileSystem.open(path, 'append');
    this.#files.set(directory, file);
    return file;
  }
}

async function syncFile(file: OpenFile): Promise<void> {
  try {
    await file.sync();
  } catch (cause) {
    throw storageFailed(file.path, cause);
  }
}
