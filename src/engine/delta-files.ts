/**
 * The files that a checkpoint's deltas were written to, for syncing: the coordinator opens what others append to, since
 * a sync through any handle covers all that was written before it.
 */
import type { FileSystem, OpenFile } from '../base/file-system.ts';
import type { WrittenDelta } from '../io/egress-journal.ts';
import { segmentPath } from '../store/changelog-segment.ts';
import { storageFailed } from '../store/storage-failure.ts';

export class DeltaFiles {
  readonly #fileSystem: FileSystem;
  /** The current segment of each directory is kept open, since it is synced again and again. */
  readonly #files = new Map<string, OpenFile>();

  constructor(fileSystem: FileSystem) {
    this.#fileSystem = fileSystem;
  }

  /** Resolves when the delta is durable. */
  async sync({ directory, location, isNewSegment }: WrittenDelta): Promise<void> {
    const path = segmentPath(directory, location.segment);
    try {
      const synced = this.#file(directory, path).sync();
      await Promise.all(isNewSegment ? [synced, this.#fileSystem.syncDirectory(directory)] : [synced]);
    } catch (cause) {
      throw storageFailed(path, cause);
    }
  }

  close(): void {
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
