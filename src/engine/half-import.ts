/**
 * The mark in a data directory that is being filled from a savepoint: as long as it stands there without a checkpoint,
 * the directory is half filled, and nothing may be started from it. Apart from the filling itself, since every start
 * looks for the mark and hardly any fills.
 */
import { join } from 'node:path';
import { MillraceError } from '../sdk/errors.ts';
import { syncNames } from '../store/durable-file.ts';
import { callStorage } from '../store/storage-failure.ts';
import type { DataDirectory } from './data-directory.ts';

/** The file that says so. */
export function markPath(data: DataDirectory): string {
  return join(data.path, 'import.json');
}

/** Refuses a directory that a crash has left half filled; takes the mark away that a crash has left after the end. */
export async function refuseHalfImport(data: DataDirectory): Promise<void> {
  const path = markPath(data);
  if (!callStorage(path, () => data.fileSystem.exists(path))) return;
  if (data.last !== undefined) return removeMark(data);
  const what =
    `${data.path} was being filled from a savepoint, and that was cut short: ` +
    'start with the option "from" again, or remove the directory';
  throw new MillraceError('DATA_DAMAGED', what, { details: { file: path, offset: 0 } });
}

/** The import has come to its end. */
export async function removeMark(data: DataDirectory): Promise<void> {
  const path = markPath(data);
  callStorage(path, () => data.fileSystem.remove(path));
  await syncNames(data.fileSystem, data.path);
}
