/**
 * Reads a savepoint part by part, all of it checked against `savepoint.json`: that all records are there, and that they
 * are those that the digests were made of. The last check comes after the last record, so nothing may be final before.
 */
import { join } from 'node:path';
import type { FileSystem } from '../base/file-system.ts';
import { MessageDigest, type RecordDigest, StateDigest, stateDigest } from './savepoint-digest.ts';
import { savepointDamaged } from './storage-failure.ts';
import { CONTENT_COORDINATOR, CONTENT_MESSAGES, CONTENT_STATE, SAVEPOINT_SUMMARY_NAME } from './savepoint-layout.ts';
import { readSavepointFile, type SavepointRecord } from './savepoint-reader.ts';
import type { SavepointSummary } from './savepoint-summary.ts';

type Blocks = Generator<readonly SavepointRecord[], void, undefined>;

const NO_DIGEST: RecordDigest = { add: () => {}, settle: () => {} };

/** All state, in the order of the keys. */
export function* savepointState(fileSystem: FileSystem, directory: string, summary: SavepointSummary): Blocks {
  const digest = new StateDigest();
  const count = yield* blocksOf(fileSystem, directory, summary, CONTENT_STATE, digest);
  if (count !== summary.entityCount || stateDigest([digest.groups()]) !== summary.stateDigest) {
    throw contradicted(directory, 'the state in its files is not what it says');
  }
}

/** All messages in flight; those of one target in their order. */
export function* savepointMessages(fileSystem: FileSystem, directory: string, summary: SavepointSummary): Blocks {
  const digest = new MessageDigest();
  const count = yield* blocksOf(fileSystem, directory, summary, CONTENT_MESSAGES, digest);
  if (count !== summary.messageCount || digest.digest !== summary.messageDigest) {
    throw contradicted(directory, 'the messages in its files are not what it says');
  }
}

/** What belongs to ingresses, egresses and clients. */
export function* savepointCoordinator(fileSystem: FileSystem, directory: string, summary: SavepointSummary): Blocks {
  yield* blocksOf(fileSystem, directory, summary, CONTENT_COORDINATOR, NO_DIGEST);
}

function* blocksOf(
  fileSystem: FileSystem,
  directory: string,
  { files }: SavepointSummary,
  content: number,
  digest: RecordDigest,
): Generator<readonly SavepointRecord[], number, undefined> {
  let count = 0;
  for (const file of files) {
    if (file.content !== content) continue;
    yield* readSavepointFile(fileSystem, directory, file, digest);
    count += file.recordCount;
  }
  return count;
}

function contradicted(directory: string, what: string): Error {
  return savepointDamaged(join(directory, SAVEPOINT_SUMMARY_NAME), 0, what);
}
