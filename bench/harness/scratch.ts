/**
 * A directory for the data of one contender, in the system's temporary folder: gone when the contender removes it, or
 * with the process. The disk beneath is the one that all durable contenders of a run share.
 */
import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What `statfs` says of a file system that has no disk. */
const TMPFS_TYPE = 0x01021994;

export class Scratch {
  readonly path: string = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  readonly #onExit = (): void => this.#delete();

  constructor() {
    process.on('exit', this.#onExit);
  }

  remove(): void {
    process.off('exit', this.#onExit);
    this.#delete();
  }

  #delete(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Whether syncing costs nothing there, because nothing is durable. */
export function isScratchInMemory(): boolean {
  return statfsSync(tmpdir()).type === TMPFS_TYPE;
}
