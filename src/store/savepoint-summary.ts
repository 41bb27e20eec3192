/**
 * The file `savepoint.json`: what a savepoint consists of, and what it holds as digests. It is written last, when all
 * else is durable; a directory without it is none, or one whose making was cut short.
 *
 * It is JSON so that people can read it, with a checksum over everything else in it, and it is written in one way only:
 * so every change of it is noticed, and not just those that mean something.
 */
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { FileSystem } from '../base/file-system.ts';
import { CONTENT_STATE, SAVEPOINT_FORMAT_VERSION, SAVEPOINT_SUMMARY_NAME } from './savepoint-layout.ts';
import { type SavepointFile, savepointFileName } from './savepoint-writer.ts';
import { callStorage, savepointDamaged, storageFailed, tooNew } from './storage-failure.ts';

export interface SavepointSummary {
  /** The checkpoint that it is a copy of. */
  readonly epoch: number;
  /** Part of what decides placement, so frozen (I12). */
  readonly keyGroupCount: number;
  readonly entityCount: number;
  readonly messageCount: number;
  /** See `savepoint-digest.ts`; hexadecimal. */
  readonly stateDigest: string;
  readonly messageDigest: string;
  readonly files: readonly SavepointFile[];
}

/** Makes the savepoint exist: all its files must be durable, their names included, after this. */
export async function writeSummary(
  fileSystem: FileSystem,
  directory: string,
  summary: SavepointSummary,
): Promise<void> {
  const path = join(directory, SAVEPOINT_SUMMARY_NAME);
  const temporary = `${path}.new`;
  try {
    const file = fileSystem.open(temporary, 'create');
    try {
      file.append(Buffer.from(print(summary, SAVEPOINT_FORMAT_VERSION)));
      await file.sync();
    } finally {
      file.close();
    }
    // The names of the other files first: whoever finds this one must find them.
    await fileSystem.syncDirectory(directory);
    fileSystem.rename(temporary, path);
    await fileSystem.syncDirectory(directory);
  } catch (cause) {
    throw storageFailed(path, cause);
  }
}

/** Throws `SAVEPOINT_DAMAGED`, `DATA_TOO_NEW` or `STORAGE_FAILED`. */
export function readSummary(fileSystem: FileSystem, directory: string, keyGroupCount: number): SavepointSummary {
  const path = join(directory, SAVEPOINT_SUMMARY_NAME);
  if (!callStorage(path, () => fileSystem.exists(path))) {
    throw savepointDamaged(path, 0, 'it is missing, so this is no savepoint, or one whose making was cut short');
  }
  const summary = parse(readWhole(fileSystem, path), path);
  if (summary.keyGroupCount !== keyGroupCount) {
    const what = `it has ${summary.keyGroupCount} key groups, and this version of Millrace has ${keyGroupCount}`;
    throw savepointDamaged(path, 0, what);
  }
  checkFiles(summary, path);
  return summary;
}

function print(summary: SavepointSummary, format: number): string {
  const fields = { format, ...summary };
  return `${JSON.stringify({ ...fields, checksum: crc32(JSON.stringify(fields)) }, undefined, 2)}\n`;
}

/** The checksum goes first: its rule holds for all versions, or a damaged version would be a new one. */
function parse(text: string, path: string): SavepointSummary {
  const { checksum, ...fields } = parseObject(text, path);
  if (checksum !== crc32(JSON.stringify(fields)))
    throw savepointDamaged(path, 0, 'its checksum is not that of its content');
  const { format, ...summary } = fields;
  if (typeof format === 'number' && format > SAVEPOINT_FORMAT_VERSION) {
    throw tooNew(path, format, SAVEPOINT_FORMAT_VERSION);
  }
  const known = summary as unknown as SavepointSummary;
  if (typeof format !== 'number' || print(known, format) !== text)
    throw savepointDamaged(path, 0, 'it is not written as it was');
  return known;
}

function parseObject(text: string, path: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Said below, like that it is no object.
  }
  throw savepointDamaged(path, 0, 'it is no JSON object');
}

/** State covers every key group once; names are those that this version gives, and so lie in the directory. */
function checkFiles({ files, keyGroupCount }: SavepointSummary, path: string): void {
  let next = 0;
  for (const file of files) {
    if (file.name !== savepointFileName(file))
      throw savepointDamaged(path, 0, 'a file has another name than it should');
    if (file.content !== CONTENT_STATE) continue;
    if (file.firstKeyGroup !== next) break;
    next = file.endKeyGroup;
  }
  if (next !== keyGroupCount) throw savepointDamaged(path, 0, 'its files do not cover all key groups');
}

function readWhole(fileSystem: FileSystem, path: string): string {
  return callStorage(path, () => {
    const file = fileSystem.open(path, 'read');
    try {
      return new TextDecoder('utf-8', { ignoreBOM: true }).decode(file.readAt(0, file.byteLength()));
    } finally {
      file.close();
    }
  });
}
