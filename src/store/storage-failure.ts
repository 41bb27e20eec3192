/**
 * The two ways in which files fail, as errors that say where: they do not hold what was written to them, or the system
 * refused a call. Whoever reads or writes files, here or in a store, makes its errors here.
 */
import { AssertionError } from '../base/assert.ts';
import { MillraceError } from '../sdk/errors.ts';

/** What is in a file is not what was written. The offset is where that was noticed. */
export function damaged(file: string, offset: number, what: string): MillraceError {
  return new MillraceError('DATA_DAMAGED', `${file} is damaged at byte ${offset}: ${what}`, {
    details: { file, offset },
  });
}

/** The same of a file of a savepoint, which is no data directory's. */
export function savepointDamaged(file: string, offset: number, what: string): MillraceError {
  return new MillraceError('SAVEPOINT_DAMAGED', `${file} is damaged at byte ${offset}: ${what}`, {
    details: { file, offset },
  });
}

/** A file was written by a version of Millrace that this one does not know. */
export function tooNew(file: string, version: number, knownVersion: number): MillraceError {
  const what = `${file} has format ${version}, and this version of Millrace knows formats up to ${knownVersion}`;
  return new MillraceError('DATA_TOO_NEW', what, { details: { file, version } });
}

export function storageFailed(file: string, cause: unknown): MillraceError {
  return new MillraceError('STORAGE_FAILED', `${file} could not be read or written: ${reasonOf(cause)}`, {
    cause,
    details: { file },
  });
}

/** An error of the machine while a store did this; coded errors and programmer mistakes pass as they are. */
export function asStorageError(what: string, cause: unknown): Error {
  if (cause instanceof MillraceError || cause instanceof AssertionError) return cause;
  return new MillraceError('STORAGE_FAILED', `${what}: ${reasonOf(cause)}`, { cause });
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** Makes calls to the file system, and nothing else, whose errors are to become STORAGE_FAILED. */
export function callStorage<Result>(file: string, calls: () => Result): Result {
  try {
    return calls();
  } catch (cause) {
    throw storageFailed(file, cause);
  }
}
