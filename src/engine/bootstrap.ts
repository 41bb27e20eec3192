/**
 * Writes a savepoint from bulk data, without an engine: the way in for what another system has known so far. Records come
 * in any order and any number; they are sorted through a temporary file, so memory does not grow with them.
 *
 * It makes what an engine would have made that got all of it before its first checkpoint and had nothing in flight.
 */
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { NodeFileSystem } from '../base/node-file-system.ts';
import type { FileSystem } from '../base/file-system.ts';
import { KEY_GROUP_COUNT, keyGroupOfHash } from '../keys/key-group.ts';
import { describe, MillraceError } from '../sdk/errors.ts';
import { checkFields, namesOf } from '../sdk/known-fields.ts';
import { makeDurableDirectory } from '../store/durable-directory.ts';
import { MessageDigest, StateDigest, stateDigest } from '../store/savepoint-digest.ts';
import { CONTENT_STATE } from '../store/savepoint-layout.ts';
import { type SavepointSummary, writeSummary } from '../store/savepoint-summary.ts';
import { type SavepointFile, SavepointWriter } from '../store/savepoint-writer.ts';
import { callStorage } from '../store/storage-failure.ts';
import { Partitions } from './bootstrap-partitions.ts';
import { type BootstrapRecord, BootstrapRecords } from './bootstrap-records.ts';
import { sortedRecords } from './bootstrap-sort.ts';
import { loadModule } from './load-module.ts';
import { moduleUrl, pathOf, refuse, typed } from './option-checks.ts';
import { writeCoordinatorPart } from './savepoint-coordinator.ts';
import { type SavepointInfo, savepointInfo } from './savepoint-info.ts';
import { type ProgressListener, ProgressReport } from './savepoint-progress.ts';

export interface BootstrapOptions {
  /** The file with the module for which the state is meant, as in `startEngine`. */
  readonly module: URL | string;
  /** The directory of the savepoint, new or empty. */
  readonly into: string | URL;
  readonly records: Iterable<BootstrapRecord> | AsyncIterable<BootstrapRecord>;
  /** Told how many records were taken and, when all were, how many entities were written. */
  readonly onProgress?: ProgressListener;
}

const OPTIONS = namesOf<BootstrapOptions>('module', 'into', 'records', 'onProgress');
/** Records between two turns of the event loop. */
const TURN_COUNT = 4_096;
const FIRST_EPOCH = 1;

/** `bootstrap`, which says what is thrown. */
export async function writeBootstrap(options: BootstrapOptions): Promise<SavepointInfo> {
  checkFields('INVALID_OPTION', 'bootstrap', options, OPTIONS);
  const path = pathOf('into', options.into);
  const source = sourceOf(options.records);
  const progress = new ProgressReport('bootstrap', typed('onProgress', options.onProgress, 'function', 'a function'));
  const records = new BootstrapRecords(await loadModule(moduleUrl(options.module)));
  try {
    return savepointInfo(await write(new NodeFileSystem(), path, records, source, progress));
  } catch (cause) {
    // What is wrong with a record says so itself.
    throw cause instanceof MillraceError && cause.code === 'BOOTSTRAP_FAILED' ? cause : bootstrapFailed(path, cause);
  } finally {
    progress.end();
  }
}

function sourceOf(given: BootstrapOptions['records']): BootstrapOptions['records'] {
  const isObject = typeof given === 'object' && given !== null;
  if (isObject && (Symbol.iterator in given || Symbol.asyncIterator in given)) return given;
  return refuse('records', given, 'what gives records one after the other, at once or as promises');
}

async function write(
  fileSystem: FileSystem,
  path: string,
  records: BootstrapRecords,
  source: BootstrapOptions['records'],
  progress: ProgressReport,
): Promise<SavepointSummary> {
  if (callStorage(path, () => fileSystem.list(path)).length > 0) throw new Error(`${path} is not empty`);
  await makeDurableDirectory(fileSystem, path);
  try {
    const summary = await writeFiles(fileSystem, path, records, source, progress);
    await writeSummary(fileSystem, path, summary);
    progress.done(summary.entityCount);
    return summary;
  } catch (error) {
    fileSystem.removeDirectory(path);
    throw error;
  }
}

async function writeFiles(
  fileSystem: FileSystem,
  path: string,
  records: BootstrapRecords,
  source: BootstrapOptions['records'],
  progress: ProgressReport,
): Promise<SavepointSummary> {
  const partitions = new Partitions(fileSystem, join(path, 'sorting'), KEY_GROUP_COUNT);
  const digest = new StateDigest();
  let state: SavepointFile;
  try {
    await collect(records, source, partitions, progress);
    state = await writeState(fileSystem, path, records, partitions, digest);
  } finally {
    partitions.close();
  }
  const nothing = { ingresses: {}, egresses: {}, keys: [] };
  const coordinator = await writeCoordinatorPart(fileSystem, path, nothing, () => '').finish();
  return {
    epoch: FIRST_EPOCH,
    keyGroupCount: KEY_GROUP_COUNT,
    entityCount: state.recordCount,
    messageCount: 0,
    stateDigest: stateDigest([digest.groups()]),
    messageDigest: new MessageDigest().digest,
    files: [state, coordinator],
  };
}

async function collect(
  records: BootstrapRecords,
  source: BootstrapOptions['records'],
  partitions: Partitions,
  progress: ProgressReport,
): Promise<void> {
  const take = (record: BootstrapRecord): boolean => {
    records.encode(record);
    if (records.byteLength > 0) partitions.add(keyGroupOfHash(records.hash), records.bytes, records.byteLength);
    if (records.count % TURN_COUNT !== 0) return false;
    progress.at(records.count, undefined);
    return true;
  };
  // An array or a generator is not waited for record by record, which would cost more than all the rest.
  if (Symbol.iterator in source) {
    for (const record of source) if (take(record)) await turn();
  } else {
    for await (const record of source) if (take(record)) await turn();
  }
}

async function writeState(
  fileSystem: FileSystem,
  path: string,
  records: BootstrapRecords,
  partitions: Partitions,
  digest: StateDigest,
): Promise<SavepointFile> {
  const range = { content: CONTENT_STATE, firstKeyGroup: 0, endKeyGroup: KEY_GROUP_COUNT };
  const writer = new SavepointWriter(fileSystem, path, range, digest);
  try {
    for (let keyGroup = 0; keyGroup < KEY_GROUP_COUNT; keyGroup++) {
      const bytes = partitions.take(keyGroup);
      records.merge(bytes, sortedRecords(bytes), (key, value) => writer.put(key, value));
      if (keyGroup % 16 === 0) await turn();
    }
    return await writer.finish();
  } catch (error) {
    writer.close();
    throw error;
  }
}

function bootstrapFailed(path: string, cause: unknown): MillraceError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const details = cause instanceof MillraceError ? cause.details : {};
  return new MillraceError('BOOTSTRAP_FAILED', `Writing the savepoint ${describe(path)} failed: ${reason}`, {
    cause,
    details: { ...details, path },
  });
}
