/**
 * Where results go besides the terminal. Folders are made before anything is measured: what cannot be written is to be
 * known then, and not after a run of hours.
 */
import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { HISTORY_DIRECTORY, readHistory } from './history.ts';
import { reasonOf } from './rounds.ts';

export interface Outputs {
  /** Append them to the history. */
  readonly record: boolean;
  /** Where the history is; that of the repository unless given. */
  readonly historyDirectory: string | undefined;
  /** A folder for one `.hgrm` file per latency distribution. */
  readonly hgrmDirectory: string | undefined;
  /** The file of the report with plots. */
  readonly htmlFile: string | undefined;
}

/** Throws an `Error` with a sentence for the user. */
export function prepareOutputs({ record, historyDirectory, hgrmDirectory, htmlFile }: Outputs): void {
  if (hgrmDirectory !== undefined) prepare('hgrm', hgrmDirectory, () => makeFolder(hgrmDirectory));
  if (htmlFile !== undefined) prepare('html', htmlFile, () => makeRoomFor(htmlFile));
  if (htmlFile !== undefined) readableHistory(historyDirectory ?? HISTORY_DIRECTORY);
  if (historyDirectory === undefined) return;
  // What is only read need not exist, but must not be a file.
  const isNeeded = record || existsSync(historyDirectory);
  if (isNeeded) prepare('history', historyDirectory, () => makeFolder(historyDirectory));
}

/** The report shows it. A file is not a folder, of which the flag itself complains. */
function readableHistory(directory: string): void {
  const reason = reasonAgainst(() => {
    if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() === true) readHistory(directory);
  });
  if (reason !== undefined)
    throw new Error(`--html shows the history in ${directory}, which cannot be read: ${reason}`);
}

function prepare(flag: string, given: string, make: () => void): void {
  const reason = reasonAgainst(make);
  if (reason !== undefined) throw new Error(`--${flag} is "${given}", where nothing can be written: ${reason}`);
}

function reasonAgainst(make: () => void): string | undefined {
  try {
    make();
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

function makeFolder(path: string): void {
  mkdirSync(path, { recursive: true });
  accessSync(path, constants.W_OK);
}

function makeRoomFor(file: string): void {
  makeFolder(dirname(resolve(file)));
  if (!existsSync(file)) return;
  if (statSync(file).isDirectory()) throw new Error('it is a folder.');
  accessSync(file, constants.W_OK);
}
