/**
 * The version of the code that a result belongs to, as git tells it. A working copy with changes of its own is called
 * dirty: its figures belong to no commit.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

export const ROOT: string = join(import.meta.dirname, '..', '..');

/** What a run records changes nothing that the next result depends on. */
const RECORDED = 'bench/history';

export interface Version {
  /** The full name of the commit; `unknown` where there is no repository. */
  readonly commit: string;
  readonly isDirty: boolean;
}

export function versionOf(root: string): Version {
  try {
    const changes = git(root, 'status', '--porcelain', '--', '.', `:(exclude)${RECORDED}`);
    return { commit: git(root, 'rev-parse', 'HEAD'), isDirty: changes !== '' };
  } catch {
    return { commit: 'unknown', isDirty: true };
  }
}

/** What git answers, without the last line end; throws what git complains of. */
export function git(root: string, ...args: readonly string[]): string {
  return execFileSync('git', ['-C', root, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trimEnd();
}
