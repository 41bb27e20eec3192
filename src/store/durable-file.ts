/**
 * Small steps of making files durable, with coded errors: for those who write a file once and then let go of it.
 */
import type { FileSystem } from '../base/file-system.ts';
import { storageFailed } from './storage-failure.ts';

/** Makes durable what was written to a file, through whatever handle. */
export async function syncFile(fileSystem: FileSystem, path: string): Promise<void> {
  try {
    const file = fileSystem.open(path, 'append');
    try {
      await file.sync();
    } finally {
      file.close();
    }
  } catch (cause) {
    throw storageFailed(path, cause);
  }
}

/** Makes durable what was made, renamed and removed in a directory. */
export async function syncNames(fileSystem: FileSystem, directory: string): Promise<void> {
  try {
    await fileSystem.syncDirectory(directory);
  } catch (cause) {
    throw storageFailed(directory, cause);
  }
}

/** Makes a new file; it and its name are durable afterwards. */
export async function createFile(fileSystem: FileSystem, directory: string, path: string, text: string): Promise<void> {
  try {
    const file = fileSystem.open(path, 'create');
    try {
      file.append(Buffer.from(text));
      await file.sync();
    } finally {
      file.close();
    }
  } catch (cause) {
    throw storageFailed(path, cause);
  }
  await syncNames(fileSystem, directory);
}
