/**
 * A second working copy of this repository at another commit, for as long as a comparison lasts: a git worktree in
 * `.cache/`, with the packages of this one where both lock files say the same, and with its own otherwise.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { git, ROOT } from '../harness/commit.ts';

const LOCK = 'package-lock.json';
const PACKAGES = 'node_modules';

export class Worktree {
  readonly path: string;
  readonly commit: string;
  readonly #onExit = (): void => this.#delete();

  /** Throws an `Error` with a sentence when there is no such commit. */
  constructor(ref: string, say: (text: string) => void) {
    this.commit = commitNamed(ref);
    this.path = join(ROOT, '.cache', 'bench', `${this.commit.slice(0, 12)}-${process.pid}`);
    mkdirSync(join(ROOT, '.cache', 'bench'), { recursive: true });
    process.on('exit', this.#onExit);
    git(ROOT, 'worktree', 'add', '--detach', '--force', this.path, this.commit);
    this.#providePackages(say);
  }

  remove(): void {
    process.off('exit', this.#onExit);
    this.#delete();
  }

  #providePackages(say: (text: string) => void): void {
    if (readFileSync(join(this.path, LOCK), 'utf8') === readFileSync(join(ROOT, LOCK), 'utf8')) {
      symlinkSync(join(ROOT, PACKAGES), join(this.path, PACKAGES), 'dir');
      return;
    }
    say(`${this.commit.slice(0, 12)} has another ${LOCK}: installing its packages`);
    execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: this.path, stdio: ['ignore', 'ignore', 'inherit'] });
  }

  #delete(): void {
    // The link goes first: what it leads to is not ours to remove.
    rmSync(join(this.path, PACKAGES), { recursive: true, force: true });
    if (existsSync(this.path)) git(ROOT, 'worktree', 'remove', '--force', this.path);
  }
}

function commitNamed(ref: string): string {
  try {
    return git(ROOT, 'rev-parse', '--verify', '--quiet', `${ref}^{commit}`);
  } catch {
    throw new Error(`--compare is "${ref}"; git knows no such commit.`);
  }
}
