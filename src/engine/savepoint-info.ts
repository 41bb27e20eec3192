/**
 * What a savepoint holds, for people and programs that compare: `savepointDigest` reads all of one, and finds any damage.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { NodeFileSystem } from '../base/node-file-system.ts';
import type { FileSystem } from '../base/file-system.ts';
import { KEY_GROUP_COUNT } from '../keys/key-group.ts';
import { pathOf } from './option-checks.ts';
import { savepointCoordinator, savepointMessages, savepointState } from '../store/savepoint-contents.ts';
import { readSummary, type SavepointSummary } from '../store/savepoint-summary.ts';

export interface SavepointInfo {
  /** The checkpoint that it is a copy of. */
  readonly epoch: number;
  /** Entities with state; each entry of a table, and whatever else is stored by itself, counts as one, too. */
  readonly entityCount: number;
  /** Messages that were in flight. */
  readonly messageCount: number;
  /**
   * SHA-256 over all state, as hexadecimal. It depends on the state alone: not on the store that it was in, nor on the
   * number of shards.
   */
  readonly stateDigest: string;
  /** The same of the messages in flight. */
  readonly messageDigest: string;
}

export function savepointInfo(summary: SavepointSummary): SavepointInfo {
  const { epoch, entityCount, messageCount, stateDigest, messageDigest } = summary;
  return { epoch, entityCount, messageCount, stateDigest, messageDigest };
}

/** Blocks between two turns of the event loop. */
const TURN_COUNT = 64;

/** `savepointDigest`, which says what is thrown. */
export async function digestAt(path: string | URL): Promise<SavepointInfo> {
  return digestOn(new NodeFileSystem(), pathOf('path', path));
}

/** The same on any file system. */
export async function digestOn(fileSystem: FileSystem, path: string): Promise<SavepointInfo> {
  const summary = readSummary(fileSystem, path, KEY_GROUP_COUNT);
  let blockCount = 0;
  for (const read of [savepointState, savepointMessages, savepointCoordinator]) {
    // Reading is checking: the records themselves are nobody's business here.
    for (const _ of read(fileSystem, path, summary)) if (++blockCount % TURN_COUNT === 0) await turn();
  }
  return savepointInfo(summary);
}
