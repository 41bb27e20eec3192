/**
 * The folder of one engine for what does not fit into memory: its own, so that it can be removed as a whole when the
 * engine stops. A process that is killed removes nothing, so the name says which data directory it was for, and the next
 * engine there, which holds its lock, removes what is left. An engine in memory only has no next one: what a killed
 * one leaves is for the system's temporary folder to forget.
 */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Folders of engines of this process that have stopped, which somebody may still read. */
const keptFolders = new Set<string>();

export class SpillFolder {
  readonly path: string;

  /** Makes nothing: that is for whoever spills. `dataDirectory` is locked by this engine, if there is one. */
  constructor(parent: string, dataDirectory: string | undefined) {
    const prefix = dataDirectory === undefined ? 'millrace-' : `millrace-${nameOf(dataDirectory)}-`;
    if (dataDirectory !== undefined) removeLeftovers(parent, prefix);
    this.path = join(parent, `${prefix}${randomUUID()}`);
  }

  /** The engine has stopped. Egress records that nobody has taken may lie here, and a loop over them may still come. */
  remove(isNeeded: boolean): void {
    if (!isNeeded) {
      removeFolder(this.path);
      return;
    }
    keptFolders.add(this.path);
    process.once('exit', () => removeFolder(this.path));
  }
}

function nameOf(dataDirectory: string): string {
  return createHash('sha256').update(dataDirectory).digest('hex').slice(0, 16);
}

/** What cannot be removed stays; it is in nobody's way. */
function removeLeftovers(parent: string, prefix: string): void {
  try {
    for (const name of readdirSync(parent)) {
      const path = join(parent, name);
      if (name.startsWith(prefix) && !keptFolders.has(path)) removeFolder(path);
    }
  } catch {
    // There is no such folder yet, or it is not ours to read: whoever spills will say so.
  }
}

/** It is made when something is spilled, if it can be made at all. */
function removeFolder(path: string): void {
  if (existsSync(path)) rmSync(path, { recursive: true, force: true });
}
