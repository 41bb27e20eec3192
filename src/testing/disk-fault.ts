/**
 * Faults of the simulated disk. Each call that reaches the disk has a number, so that a test can let a run succeed once,
 * see how many calls it made, and then let each of them fail in turn. Closing a file and asking for its length do not
 * reach the disk.
 */
import { type SystemErrorCode, systemError } from './system-error.ts';

export type DiskOperation =
  | 'makeDirectory'
  | 'list'
  | 'exists'
  | 'open'
  | 'rename'
  | 'remove'
  | 'removeDirectory'
  | 'append'
  | 'writeAt'
  | 'readAt'
  | 'truncate'
  | 'sync'
  | 'syncDirectory';

export interface DiskCall {
  /** Counts all calls from 1. */
  readonly number: number;
  readonly operation: DiskOperation;
  readonly path: string;
}

/** `'short'`: half of a write is done and then it is ENOSPC; for what is no write, ENOSPC at once. */
export type DiskFault = 'EIO' | 'ENOSPC' | 'EMFILE' | 'short';

/** Asked before each operation; `undefined` lets it succeed. */
export type FaultHook = (call: DiskCall) => DiskFault | undefined;

export function faultError(fault: DiskFault, operation: string, path: string): NodeJS.ErrnoException {
  const code: SystemErrorCode = fault === 'short' ? 'ENOSPC' : fault;
  return systemError(code, operation, path);
}
