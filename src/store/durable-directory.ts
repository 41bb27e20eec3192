/**
 * Directories that survive a crash. A directory is there for good once the one that holds it is synced, and what was
 * made by a process that died may be in the page cache only, so the deepest one that is found is not trusted either.
 */
import { dirname } from 'node:path';
import type { FileSystem } from '../base/file-system.ts';
import { storageFailed } from './storage-failure.ts';

/** Makes a directory and those above it where they are missing. Resolves when they are durable. */
export async function makeDurableDirectory(fileSystem: FileSystem, path: string): Promise<void> {
  try {
    const missing: string[] = [];
    let found = path;
    for (; !fileSystem.exists(found) && dirname(found) !== found; found = dirname(found)) missing.push(found);
    // One after the other, each synced before the next is made: so only one can be there and not be durable.
    if (dirname(found) !== found) await fileSystem.syncDirectory(dirname(found));
    for (const directory of missing.toReversed()) {
      fileSystem.makeDirectory(directory);
      await fileSystem.syncDirectory(dirname(directory));
    }
  } catch (cause) {
    throw storageFailed(path, cause);
  }
}
