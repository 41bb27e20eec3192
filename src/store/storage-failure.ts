/**
 * The two ways in which files fail, as errors that name the file: it does not hold what was written to it, or the system
 * refused a call. The file formats of this folder make their errors here, so that they all say where to look.
 */
import { MillraceError } from '../sdk/errors.ts';

/** What is in a file is not what was written. The offset is where that was noticed. */
export function damaged(file: string, offset: number, what: string): MillraceError {
  return new MillraceError('DATA_DAMAGED', `${file} is damaged at byte ${offset}: ${what}`, {
    details: { file, offset },
  });
}

/** A file was written by a version of Millrace that this one does not know. */
export function tooNew(file: string, version: number, knownVersion: number): MillraceError {
  const what = `${file} has format ${version}, and this version of Millrace knows formats up to ${knownVersion}`;
  return new MillraceError('DATA_TOO_NEW', what, { details: { file, version } });
}

export function storageFailed(file: string, cause: unknown): MillraceError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new MillraceError('STORAGE_FAILED', `${file} could not be read or written: ${reason}`, {
    cause,
    details: { file },
  });
}

/** Makes calls to the file system, and nothing else, whose errors are to become STORAGE_FAILED. */
export function callStorage<Result>(file: string, calls: () => Result): Result {
  try {
    return calls();
  } catch (cause) {
    throw storageFailed(file, cause);
  }
}
