/**
 * The names in a store's directory. Logs and tables are numbered in one sequence, and no number is used again once the
 * manifest has named it.
 */
import { join } from 'node:path';

const NUMBERED = /^\d{8,}\.(?:log|table)$/;

export function logPath(directory: string, number: number): string {
  return join(directory, `${String(number).padStart(8, '0')}.log`);
}

export function tablePath(directory: string, number: number): string {
  return join(directory, `${String(number).padStart(8, '0')}.table`);
}

export function manifestPath(directory: string): string {
  return join(directory, 'manifest');
}

/** A manifest that is being written. */
export function newManifestPath(directory: string): string {
  return join(directory, 'manifest.new');
}

/** Whether a name is that of a log or a table. */
export function isNumbered(name: string): boolean {
  return NUMBERED.test(name);
}
