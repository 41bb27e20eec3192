/**
 * Fills a new data directory from a savepoint, before the engine starts. Nothing counts before the manifest names the
 * savepoint's epoch, which is the last step, after all of the savepoint was read and found intact.
 *
 * A file `import.json` stands in the directory from before the first step until after the last. A directory with it and
 * without a checkpoint is half filled: it can be filled anew, and is refused for anything else.
 */
import { join } from 'node:path';
import type { FileSystem } from '../base/file-system.ts';
import { KEY_GROUP_COUNT } from '../keys/key-group.ts';
import { describe, MillraceError } from '../sdk/errors.ts';
import { decodePortable } from '../shard/durable/portable-message.ts';
import { createFile } from '../store/durable-file.ts';
import { savepointCoordinator, savepointMessages, savepointState } from '../store/savepoint-contents.ts';
import { readSummary, type SavepointSummary } from '../store/savepoint-summary.ts';
import { callStorage } from '../store/storage-failure.ts';
import { type CheckpointEntry, encodeEntry } from './checkpoint-entry.ts';
import type { DataDirectory } from './data-directory.ts';
import { markPath, removeMark } from './half-import.ts';
import { GenerationWriter, type StoreGround } from './reshard-generation.ts';
import { CoordinatorImport } from './savepoint-coordinator.ts';
import type { ProgressReport } from './savepoint-progress.ts';

/** A new directory has no generation yet; this is the number that it gives to its first. */
const FIRST_GENERATION = 1;

/** Throws `DATA_NOT_EMPTY`, `SAVEPOINT_DAMAGED`, `DATA_TOO_NEW` or `STORAGE_FAILED`. Open the directory anew afterwards. */
export async function importSavepoint(
  data: DataDirectory,
  from: string,
  ground: StoreGround,
  shardCount: number,
  progress: ProgressReport,
): Promise<void> {
  if (data.last !== undefined) {
    const what = `${data.path} holds a checkpoint already; only a new directory can be filled from ${describe(from)}`;
    throw new MillraceError('DATA_NOT_EMPTY', what, { details: { directory: data.path, from } });
  }
  const { fileSystem } = data;
  const summary = readSummary(fileSystem, from, KEY_GROUP_COUNT);
  const mark = markPath(data);
  // One that is found may be in the page cache only, so it is made anew.
  callStorage(mark, () => fileSystem.exists(mark) && fileSystem.remove(mark));
  await createFile(fileSystem, data.path, mark, `${JSON.stringify({ from })}\n`);
  callStorage(data.path, () => fileSystem.removeDirectory(join(data.path, 'egress')));
  const entry = await fill(data, from, summary, ground, shardCount, progress);
  await data.manifest.replace(entry.epoch, encodeEntry(entry));
  await removeMark(data);
  progress.done(summary.entityCount);
}

async function fill(
  data: DataDirectory,
  from: string,
  summary: SavepointSummary,
  ground: StoreGround,
  shardCount: number,
  progress: ProgressReport,
): Promise<CheckpointEntry> {
  const { epoch } = summary;
  const generation = new GenerationWriter(data, ground, FIRST_GENERATION, shardCount, epoch);
  const coordinator = new CoordinatorImport(data, epoch);
  try {
    await generation.begin();
    await fillGeneration(data.fileSystem, from, summary, generation, progress);
    for (const records of savepointCoordinator(data.fileSystem, from, summary)) await coordinator.take(records);
    const shards = await generation.finish();
    return { epoch, generation: FIRST_GENERATION, shards, ...(await coordinator.finish()) };
  } catch (error) {
    coordinator.close();
    await generation.abandon();
    throw error;
  }
}

async function fillGeneration(
  fileSystem: FileSystem,
  from: string,
  summary: SavepointSummary,
  generation: GenerationWriter,
  progress: ProgressReport,
): Promise<void> {
  let count = 0;
  for (const records of savepointState(fileSystem, from, summary)) {
    await generation.put(records);
    progress.at((count += records.length), summary.entityCount);
  }
  await generation.endState();
  for (const records of savepointMessages(fileSystem, from, summary)) {
    generation.add(records.map(({ key, value }) => decodePortable(key, value)));
  }
}
