/**
 * What a program may call without an engine, for the entries of the package: savepoints, written from bulk data or
 * described. Only the doors are here. What is behind them is loaded by the first call, since every thread of an engine
 * loads the entry with the module that imports it, and none of them calls any of this.
 */
import type { BootstrapOptions } from './bootstrap.ts';
import type { SavepointInfo } from './savepoint-info.ts';

/**
 * Writes a savepoint with this state, for `startEngine({ from })`.
 *
 * @throws MillraceError (as a rejection) `INVALID_OPTION`, `MODULE_NOT_LOADED`, `MODULE_NOT_EXPORTED` or
 *   `BOOTSTRAP_FAILED`, whose details name the record
 */
export async function bootstrap(options: BootstrapOptions): Promise<SavepointInfo> {
  const { writeBootstrap } = await import('./bootstrap.ts');
  return writeBootstrap(options);
}

/**
 * Reads a whole savepoint, checks every byte of it, and says what it holds.
 *
 * @throws MillraceError (as a rejection) `INVALID_OPTION`, `SAVEPOINT_DAMAGED`, `DATA_TOO_NEW` or `STORAGE_FAILED`
 */
export async function savepointDigest(path: string | URL): Promise<SavepointInfo> {
  const { digestAt } = await import('./savepoint-info.ts');
  return digestAt(path);
}
