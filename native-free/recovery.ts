/**
 * Opens what the manifest names: the tables, without reading them, and the logs, which are played back into memory. So it
 * takes time for what came last, not for all that there is. All is read and verified before anything is changed: damage
 * leaves the directory as it was found.
 */
import { join } from 'node:path';
import type { FileSystem, OpenFile } from '../src/base/file-system.ts';
import { damaged } from '../src/store/storage-failure.ts';
import type { Contents } from './contents.ts';
import { isNumbered, logPath, manifestPath, newManifestPath, tablePath } from './file-names.ts';
import { RECORD_HEADER_BYTES } from './log-layout.ts';
import { LogReader } from './log-reader.ts';
import { LogWriter } from './log-writer.ts';
import type { Manifest } from './manifest.ts';
import type { LogInfo } from './manifest-layout.ts';
import { nextTurn, SLICE_BYTES, SLICE_ENTRIES } from './next-turn.ts';
import type { Table } from './table.ts';
import type { TableFiles } from './table-files.ts';

/** Opens all tables; none of them when one is not as it was written. */
export function openTables(
  fileSystem: FileSystem,
  directory: string,
  manifest: Manifest,
  files: TableFiles,
): readonly Table[] {
  const tables: Table[] = [];
  try {
    for (const info of manifest.state.tables) {
      const path = tablePath(directory, info.number);
      if (!fileSystem.exists(path)) throw missing(path, manifestPath(directory));
      tables.push(files.open(info));
    }
    return tables;
  } catch (error) {
    for (const table of tables) table.release();
    throw error;
  }
}

/** Plays all logs back and returns the one log to go on with. */
export async function openLog(
  fileSystem: FileSystem,
  directory: string,
  manifest: Manifest,
  contents: Contents,
): Promise<LogWriter> {
  const { logs } = manifest.state;
  const files: OpenFile[] = [];
  try {
    for (const { number } of logs) files.push(openLogFile(fileSystem, directory, number));
    let isClean = logs.length === 1;
    for (const [index, info] of logs.entries()) {
      const batchesEnd = await replay(files[index], info, contents);
      isClean &&= batchesEnd <= info.durableBytes;
    }
    contents.active.publish();
    await removeStrays(fileSystem, directory, manifest);
    if (isClean) return reopen(files.splice(0)[0], logs[0]);
    return await rewrite(fileSystem, directory, manifest, files);
  } finally {
    for (const file of files) file.close();
  }
}

/** Returns where the last batch ends. */
async function replay(file: OpenFile, info: LogInfo, { active }: Contents): Promise<number> {
  const reader = new LogReader(file, info.number, info.durableBytes);
  for (const payload of reader.batches()) {
    const load = active.load(payload, 0, payload.length);
    while (load.step(SLICE_ENTRIES) === SLICE_ENTRIES) await nextTurn();
  }
  return reader.batchesEnd;
}

/** Goes on with a log that its last owner closed, and so knew to be durable. */
function reopen(file: OpenFile, { number, durableBytes }: LogInfo): LogWriter {
  if (file.byteLength() > durableBytes) file.truncate(durableBytes);
  return new LogWriter(file, number, durableBytes);
}

/**
 * Writes all batches into a new log, which takes the place of the others. A process that ended otherwise may have left
 * bytes that are in the system's memory only, or whose sync has failed; syncing that file again would prove nothing
 * (I9).
 */
async function rewrite(
  fileSystem: FileSystem,
  directory: string,
  manifest: Manifest,
  files: readonly OpenFile[],
): Promise<LogWriter> {
  const { logs } = manifest.state;
  const log = await LogWriter.create(fileSystem, directory, manifest.takeNumber());
  let sliceBytes = 0;
  try {
    for (const [index, { number, durableBytes }] of logs.entries()) {
      for (const payload of new LogReader(files[index], number, durableBytes).batches()) {
        const record = new Uint8Array(RECORD_HEADER_BYTES + payload.length);
        record.set(payload, RECORD_HEADER_BYTES);
        log.append(record);
        sliceBytes += record.length;
        if (sliceBytes < SLICE_BYTES) continue;
        sliceBytes = 0;
        await nextTurn();
      }
    }
    await log.sync();
    const info = { number: log.number, durableBytes: log.durableBytes };
    await manifest.update((state) => ({ ...state, logs: [info] }));
    for (const { number } of logs) fileSystem.remove(logPath(directory, number));
    return log;
  } catch (error) {
    log.close();
    throw error;
  }
}

/** Removes files of a log or table that the manifest does not name, left by a process that ended in between. */
async function removeStrays(fileSystem: FileSystem, directory: string, { state }: Manifest): Promise<void> {
  // What a killed process renamed last may be in the system's memory only, and everything from here on builds on it.
  await fileSystem.syncDirectory(directory);
  const named = new Set([
    ...state.logs.map(({ number }) => logPath(directory, number)),
    ...state.tables.map(({ number }) => tablePath(directory, number)),
  ]);
  const strays = fileSystem
    .list(directory)
    .filter(isNumbered)
    .map((name) => join(directory, name))
    .filter((path) => !named.has(path));
  for (const path of strays) fileSystem.remove(path);
  const newManifest = newManifestPath(directory);
  if (fileSystem.exists(newManifest)) fileSystem.remove(newManifest);
}

function openLogFile(fileSystem: FileSystem, directory: string, number: number): OpenFile {
  const path = logPath(directory, number);
  if (!fileSystem.exists(path)) throw missing(path, manifestPath(directory));
  return fileSystem.open(path, 'append');
}

function missing(path: string, manifest: string): Error {
  return damaged(path, 0, `it is missing, although ${manifest} names it`);
}
