/**
 * A savepoint on a simulated disk, written with the parts that an engine writes one with, and read back as plain text.
 */
import type { FileSystem } from '../../../src/base/file-system.ts';
import { savepointCoordinator, savepointMessages, savepointState } from '../../../src/store/savepoint-contents.ts';
import { MessageDigest, StateDigest, stateDigest } from '../../../src/store/savepoint-digest.ts';
import { CONTENT_COORDINATOR, CONTENT_MESSAGES, CONTENT_STATE } from '../../../src/store/savepoint-layout.ts';
import { readSummary, type SavepointSummary, writeSummary } from '../../../src/store/savepoint-summary.ts';
import { type SavepointFile, SavepointWriter } from '../../../src/store/savepoint-writer.ts';

export const SAVEPOINT = '/savepoint';
export const GROUP_COUNT = 8;

/** A record as text; the key of state begins with its key group. */
export type PlainRecord = readonly [key: string, value: string];

export interface PlainSavepoint {
  readonly state: readonly PlainRecord[];
  readonly messages: readonly PlainRecord[];
  readonly coordinator: readonly PlainRecord[];
}

export function stateKey(keyGroup: number, name: string): string {
  return `${String.fromCharCode(0, keyGroup)}${name}`;
}

const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');

/** Writes state and messages into one file for each of these ranges of key groups. */
export async function writeSavepoint(
  disk: FileSystem,
  { state, messages, coordinator }: PlainSavepoint,
  ranges: readonly (readonly [first: number, end: number])[] = [[0, GROUP_COUNT]],
): Promise<SavepointSummary> {
  const messageDigest = new MessageDigest();
  const groups: Uint8Array[] = [];
  const files: SavepointFile[] = [];
  const messageFiles: SavepointFile[] = [];
  for (const [firstKeyGroup, endKeyGroup] of ranges) {
    const range = { firstKeyGroup, endKeyGroup };
    const isInside = ([key]: PlainRecord): boolean =>
      key.charCodeAt(1) >= firstKeyGroup && key.charCodeAt(1) < endKeyGroup;
    const digest = new StateDigest();
    files.push(await writeFile(disk, { content: CONTENT_STATE, ...range }, state.filter(isInside), digest));
    groups.push(digest.groups());
    const here = messages.filter((_, index) => index % ranges.length === messageFiles.length);
    messageFiles.push(await writeFile(disk, { content: CONTENT_MESSAGES, ...range }, here, messageDigest));
  }
  const nowhere = { content: CONTENT_COORDINATOR, firstKeyGroup: 0, endKeyGroup: 0 };
  const summary = {
    epoch: 7,
    keyGroupCount: GROUP_COUNT,
    entityCount: state.length,
    messageCount: messages.length,
    stateDigest: stateDigest(groups),
    messageDigest: messageDigest.digest,
    files: [...files, ...messageFiles, await writeFile(disk, nowhere, coordinator)],
  };
  await writeSummary(disk, SAVEPOINT, summary);
  return summary;
}

async function writeFile(
  disk: FileSystem,
  range: ConstructorParameters<typeof SavepointWriter>[2],
  records: readonly PlainRecord[],
  digest?: StateDigest | MessageDigest,
): Promise<SavepointFile> {
  const writer = new SavepointWriter(disk, SAVEPOINT, range, digest);
  for (const [key, value] of records) writer.put(bytesOf(key), bytesOf(value));
  return await writer.finish();
}

export function readSavepoint(disk: FileSystem): PlainSavepoint {
  const summary = readSummary(disk, SAVEPOINT, GROUP_COUNT);
  const plain = (read: typeof savepointState): PlainRecord[] =>
    [...read(disk, SAVEPOINT, summary)]
      .flat()
      .map(({ key, value }) => [key.toString('latin1'), value.toString('latin1')]);
  return {
    state: plain(savepointState),
    messages: plain(savepointMessages),
    coordinator: plain(savepointCoordinator),
  };
}
