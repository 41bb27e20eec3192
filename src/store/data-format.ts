/**
 * The file `millrace.json`, which makes a directory a data directory: what wrote it, and what must never change while the
 * data lives. Written before anything else; whoever opens the directory reads and checks it first. Its version is that of all
 * files together: it is raised with the version of any of them, and newer software writes it anew before it writes anything
 * else. So older software refuses the directory before it touches it.
 *
 * It is JSON so that people can read it, with a checksum over everything else in it, in the order in which it stands.
 */
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { FileSystem } from '../base/file-system.ts';
import { describe, MillraceError } from '../sdk/errors.ts';
import { makeDurableDirectory } from './durable-directory.ts';
import { callStorage, damaged, storageFailed, tooNew } from './storage-failure.ts';

/** 2: changelogs have version 2. */
export const DATA_FORMAT_VERSION = 2;

export interface DataFormat {
  /** The `name` of the state store that wrote the data. */
  readonly storeName: string;
  /** Part of what decides placement, so frozen (I12). */
  readonly keyGroupCount: number;
  /** Tells this data directory from every other one, copies of it excepted. */
  readonly id: string;
}

export interface FoundFormat extends DataFormat {
  /** At most `DATA_FORMAT_VERSION`. */
  readonly version: number;
}

export const FORMAT_NAME = 'millrace.json';
const TEMPORARY_NAME = 'millrace.json.new';

/** What may stand in a directory that is to become a data directory: what the start of an engine leaves, or a volume. */
const HARMLESS_NAMES: readonly string[] = [TEMPORARY_NAME, 'lock', 'lost+found'];

/** Which entry point opens the data of which store. */
const ENTRY_POINTS: Readonly<Record<string, string>> = { level: 'millrace', 'native-free': 'millrace/native-free' };

/** Reads the file, or returns undefined where there is no data yet: the directory is empty, or there is none. */
export function readDataFormat(fileSystem: FileSystem, directory: string): FoundFormat | undefined {
  const names = callStorage(directory, () => fileSystem.list(directory));
  const path = join(directory, FORMAT_NAME);
  if (!names.includes(FORMAT_NAME)) {
    const other = names.find((name) => !HARMLESS_NAMES.includes(name));
    if (other === undefined) return;
    const what = `${directory} is no data directory: it holds ${describe(other)} and no ${FORMAT_NAME}`;
    throw new MillraceError('DATA_DAMAGED', what, { details: { file: path, offset: 0 } });
  }
  return parseFormat(readWhole(fileSystem, path), path);
}

/** Writes the file, at once as a whole, and makes the directory if need be. Resolves when both are durable. */
export async function writeDataFormat(fileSystem: FileSystem, directory: string, format: DataFormat): Promise<void> {
  await makeDurableDirectory(fileSystem, directory);
  const path = join(directory, FORMAT_NAME);
  const temporary = join(directory, TEMPORARY_NAME);
  try {
    if (fileSystem.exists(temporary)) fileSystem.remove(temporary);
    const file = fileSystem.open(temporary, 'create');
    try {
      file.append(Buffer.from(printFormat(format)));
      await file.sync();
    } finally {
      file.close();
    }
    fileSystem.rename(temporary, path);
    await fileSystem.syncDirectory(directory);
  } catch (cause) {
    throw storageFailed(path, cause);
  }
}

/** Refuses data that this entry point cannot open. */
export function checkDataFormat(
  found: DataFormat,
  own: { readonly storeName: string; readonly keyGroupCount: number },
  directory: string,
): void {
  const file = join(directory, FORMAT_NAME);
  if (found.storeName !== own.storeName) {
    const right = ENTRY_POINTS[found.storeName];
    const advice = right === undefined ? 'open it with that store' : `import from '${right}' to open it`;
    const what =
      `${directory} was written by the store ${describe(found.storeName)}, and this engine uses ${describe(own.storeName)}: ` +
      `${advice}, or carry the data over with a savepoint, which every store can write and read`;
    throw new MillraceError('DATA_OTHER_STORE', what, {
      details: { file, found: found.storeName, own: own.storeName },
    });
  }
  if (found.keyGroupCount !== own.keyGroupCount) {
    const what = `${directory} has ${found.keyGroupCount} key groups, and this version of Millrace has ${own.keyGroupCount}`;
    throw new MillraceError('DATA_TOO_NEW', what, { details: { file, keyGroupCount: found.keyGroupCount } });
  }
}

function printFormat({ storeName, keyGroupCount, id }: DataFormat): string {
  const fields = { format: DATA_FORMAT_VERSION, store: storeName, keyGroups: keyGroupCount, id };
  return `${JSON.stringify({ ...fields, checksum: checksumOf(fields) }, undefined, 2)}\n`;
}

function checksumOf(fields: Readonly<Record<string, unknown>>): number {
  return crc32(JSON.stringify(fields));
}

/** The checksum goes first: its rule holds for all versions, or a damaged version would be a new one. */
function parseFormat(text: string, file: string): FoundFormat {
  const parsed = parseObject(text);
  if (parsed === undefined) throw damaged(file, 0, 'it is no JSON object');
  const { checksum, ...fields } = parsed;
  if (checksum !== checksumOf(fields)) throw damaged(file, 0, 'its checksum is not that of its content');
  const { format, store, keyGroups, id } = fields;
  if (typeof format === 'number' && format > DATA_FORMAT_VERSION) throw tooNew(file, format, DATA_FORMAT_VERSION);
  if (
    typeof format !== 'number' ||
    typeof store !== 'string' ||
    typeof keyGroups !== 'number' ||
    typeof id !== 'string'
  ) {
    throw damaged(file, 0, 'a field is missing');
  }
  return { version: format, storeName: store, keyGroupCount: keyGroups, id };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return;
  }
}

function readWhole(fileSystem: FileSystem, path: string): string {
  return callStorage(path, () => {
    const file = fileSystem.open(path, 'read');
    try {
      return new TextDecoder().decode(file.readAt(0, file.byteLength()));
    } finally {
      file.close();
    }
  });
}
