/**
 * A copy of the repository in the temporary directory, to plant bugs in: the real tree is only ever read. Every run makes
 * a copy of its own and removes it, so one that was interrupted leaves nothing that the next could stumble over.
 */
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../tool.ts';
import type { Mutation } from './mutation.ts';

/** What the suites need; packages are linked. */
const COPIED = ['package.json', 'tsconfig.json', 'src', 'native-free', 'test'];

/** The text with the bug in it. Throws unless there is exactly one place for it. */
export function mutate(text: string, { name, file, find, replace }: Mutation): string {
  const parts = text.split(find);
  if (parts.length !== 2) throw new Error(`"${name}" has ${parts.length - 1} places in ${file}, and needs one`);
  return parts.join(replace);
}

export class PrivateCopy {
  readonly path: string;

  constructor() {
    this.path = realpathSync(mkdtempSync(join(tmpdir(), 'millrace-mutations-')));
    for (const name of COPIED) cpSync(join(ROOT, name), join(this.path, name), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(this.path, 'node_modules'), 'junction');
  }

  /** Does something while the bug is there, and takes it out again. */
  async withMutation<Result>(mutation: Mutation, action: () => Promise<Result>): Promise<Result> {
    const path = join(this.path, mutation.file);
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, mutate(text, mutation));
    try {
      return await action();
    } finally {
      writeFileSync(path, text);
    }
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
