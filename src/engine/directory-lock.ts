/**
 * One engine at a time per data directory. The lock is that of an SQLite file, which is a lock of the operating system on
 * the file `lock`: it ends with the process that holds it, however that dies, and it excludes a second engine of the same
 * process, too. Nothing is ever written to the file.
 *
 * Nobody else may open the file within this process: on POSIX systems, closing it would let go of the lock.
 */
import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { MillraceError } from '../sdk/errors.ts';

/** SQLite's codes for a file that somebody else has locked, and for one that cannot be opened. */
const SQLITE_BUSY = 5;
const SQLITE_CANTOPEN = 14;

export interface DirectoryLock {
  /** Lets go. Does nothing the second time. */
  release(): void;
}

/** Locks a directory, which must be there. Taken: DATA_LOCKED. */
export function lockDirectory(path: string): DirectoryLock {
  const file = join(path, 'lock');
  let database: DatabaseSync | undefined;
  try {
    database = new (loadSqlite().DatabaseSync)(file, { timeout: 0 });
    // No journal on disk; and a transaction that is never committed, so that nothing is written.
    database.exec('PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=MEMORY; BEGIN EXCLUSIVE');
  } catch (cause) {
    if (database?.isOpen) database.close();
    throw lockFailure(path, file, cause);
  }
  const held = database;
  return {
    release: () => {
      if (held.isOpen) held.close();
    },
  };
}

function lockFailure(path: string, file: string, cause: unknown): MillraceError {
  const code = (cause as { errcode?: unknown } | null)?.errcode;
  if (code === SQLITE_BUSY) {
    const what = `The data directory ${path} is in use by another engine, of this process or of another one`;
    return new MillraceError('DATA_LOCKED', what, { cause, details: { directory: path } });
  }
  const known = code === SQLITE_CANTOPEN ? whyNotOpened(path) : undefined;
  const reason = known ?? (cause instanceof Error ? cause.message : String(cause));
  return new MillraceError('STORAGE_FAILED', `${file} could not be locked: ${reason}`, { cause, details: { file } });
}

/** What SQLite does not say: what is the matter with the directory. Nothing is opened, see above. */
function whyNotOpened(path: string): string | undefined {
  try {
    if (!statSync(path).isDirectory()) return `${path} is a file, not a directory`;
    accessSync(path, constants.W_OK);
    return undefined;
  } catch (cause) {
    return cause instanceof Error ? cause.message : undefined;
  }
}

/**
 * Loaded when it is needed, since Node 22 and 24 print a warning then, that SQLite is an experimental feature. The lock
 * uses nothing that could change, and who starts an engine cannot do anything about it, so that one warning is dropped.
 */
function loadSqlite(): typeof import('node:sqlite') {
  const { emitWarning } = process;
  process.emitWarning = (warning: string | Error, ...rest: unknown[]): void => {
    if (rest[0] !== 'ExperimentalWarning' || !String(warning).includes('SQLite')) {
      Reflect.apply(emitWarning, process, [warning, ...rest]);
    }
  };
  try {
    return process.getBuiltinModule('node:sqlite');
  } finally {
    process.emitWarning = emitWarning;
  }
}
