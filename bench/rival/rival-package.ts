/**
 * Packages of rivals that are too heavy for the main install have a folder of their own, this one: whether they are
 * there, and what to say if not.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

export const RIVAL_PACKAGES: string = join(import.meta.dirname, 'node_modules');

/** Why a package cannot be used here; undefined if it can. */
export function missingPackage(name: string): string | undefined {
  const isThere = existsSync(join(RIVAL_PACKAGES, name));
  return isThere ? undefined : `the package ${name} is not installed (npm ci --prefix bench/rival)`;
}
