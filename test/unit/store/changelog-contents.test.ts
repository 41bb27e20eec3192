/**
 * The list of a delta's frames: what it says is what was written, and where any byte of it or of what it lists has
 * changed, nobody is misled.
 */
import assert from 'node:assert/strict';
import { expect, test } from 'vitest';
import { type DeltaLocation, encodeFrame } from '../../../src/store/changelog-frame.ts';
import {
  BEGIN_PAYLOAD_BYTES,
  FRAME_HEADER_BYTES,
  KIND_BEGIN,
  KIND_CONTENTS,
} from '../../../src/store/changelog-layout.ts';
import { readSegment } from '../../../src/store/changelog-reader.ts';
import { ContentsDraft, readContents } from '../../../src/store/changelog-contents.ts';
import { recoverChangelog } from '../../../src/store/changelog-recovery.ts';
import { segmentPath } from '../../../src/store/changelog-segment.ts';
import type { SimulatedFileSystem } from '../../../src/testing/simulated-file-system.ts';
import { DIRECTORY, newDisk, newWriter, type PlainFrame, recover } from './changelog-stage.ts';
import { flips, outcome, truncations } from './damage.ts';

const FRAMES: readonly PlainFrame[] = [
  [1, 'state'],
  [4, ''],
  [2, 'a message'],
];
const PATH = segmentPath(DIRECTORY, 1);

/** Two deltas with the same frames; only the second has a list. */
function stage(): { disk: SimulatedFileSystem; location: DeltaLocation } {
  const disk = newDisk();
  const writer = newWriter(disk);
  let location: DeltaLocation | undefined;
  for (const epoch of [1, 2]) {
    writer.begin(epoch, epoch - 1);
    for (const [kind, bytes] of FRAMES) writer.append(kind, Buffer.from(bytes));
    location = writer.end(epoch === 2);
  }
  assert.ok(location !== undefined);
  return { disk, location };
}

/** What a start sees that reads all that is listed. */
function readListed(disk: SimulatedFileSystem, location: DeltaLocation): unknown {
  const seen: unknown[] = [];
  recoverChangelog(
    disk,
    DIRECTORY,
    0,
    { epoch: 2, location },
    {
      delta: (epoch) => seen.push(epoch),
      frame: (kind, bytes) => seen.push([kind, Buffer.from(bytes).toString()]),
      lists: {
        scanBytesMax: 0,
        list: (frames, reader) => {
          const payloads = frames.slice(1).map((frame) => [frame.kind, reader.listedFrame(frame).toString()]);
          seen.push({ first: frames[0].kind, payloads });
        },
      },
    },
  );
  return seen;
}

test('a list has all frames, BEGIN first, and is for whoever wants it', () => {
  const { disk, location } = stage();
  expect(readListed(disk, location)).toEqual([1, ...FRAMES, 2, { first: KIND_BEGIN, payloads: FRAMES }]);
  // Others see the frames as if there was none.
  expect(recover(disk, 0, { epoch: 2, location }).deltas.map(({ frames }) => frames)).toEqual([FRAMES, FRAMES]);
});

test('what is short is shown frame by frame all the same', () => {
  const { disk, location } = stage();
  const list = (): never => assert.fail('it is short');
  const kinds: number[] = [];
  const visitor = { delta: () => {}, frame: (kind: number) => void kinds.push(kind) };
  const lists = { scanBytesMax: 1_000, list };
  recoverChangelog(disk, DIRECTORY, 0, { epoch: 2, location }, { ...visitor, lists });
  expect(kinds).toEqual([...FRAMES, ...FRAMES].map(([kind]) => kind));
});

test('a delta whose last frame only looks like a list has none', () => {
  const disk = newDisk();
  const writer = newWriter(disk);
  writer.begin(1, 0);
  // The length of itself at its end, as a list has it.
  const forged = Buffer.alloc(14);
  forged.writeUInt32LE(30, 10);
  writer.append(1, forged);
  const location = writer.end();
  expect(readSegment(disk, DIRECTORY, 1, (reader) => readContents(reader, location))).toBe(undefined);
});

test('a whole list inside of a payload, with frames that fit the place and the count, is not the list of its delta', () => {
  const disk = newDisk();
  const writer = newWriter(disk);
  const first = Buffer.from('first');
  const before = Buffer.from('what a user has sent');
  const draft = new ContentsDraft();
  draft.add(KIND_BEGIN, 0, BEGIN_PAYLOAD_BYTES);
  // END counts what follows BEGIN: here two frames, as many as are listed.
  draft.add(1, 0, first.length + FRAME_HEADER_BYTES + before.length);
  const list = draft.encode();
  const forged = Buffer.alloc(FRAME_HEADER_BYTES + list.length);
  encodeFrame(forged, KIND_CONTENTS, 1, list);
  writer.begin(1, 0);
  writer.append(1, first);
  writer.append(1, Buffer.concat([before, forged]));
  const location = writer.end();
  expect(readSegment(disk, DIRECTORY, 1, (reader) => readContents(reader, location))).toBe(undefined);
});

test('a list of many frames', () => {
  const disk = newDisk();
  const writer = newWriter(disk, { segmentBytesMax: 1 << 20 });
  writer.begin(1, 0);
  for (let index = 0; index < 100; index++) writer.append(index, Buffer.alloc(index, index));
  const location = writer.end(true);
  const frames = readSegment(disk, DIRECTORY, 1, (reader) =>
    readContents(reader, location)?.map((frame) => [frame.kind, reader.listedFrame(frame).length]),
  );
  expect(frames?.slice(1)).toEqual(Array.from({ length: 100 }, (_, index) => [index, index]));
});

test('every byte changed and every length: noticed with the place, or harmless', () => {
  const { disk, location } = stage();
  const bytes = disk.readFile(PATH);
  let noticed = 0;
  for (const { what, bytes: damagedBytes } of [...flips(bytes), ...truncations(bytes)]) {
    const damagedDisk = disk.clone();
    damagedDisk.writeFile(PATH, damagedBytes);
    const found = outcome(() => readListed(damagedDisk, location));
    if (typeof found === 'object' && found !== null && 'damagedFile' in found) {
      assert.equal(found.damagedFile, PATH, what);
      noticed++;
      continue;
    }
    // What is not read through the list is BEGIN, of which END says the same.
    const shown = (found as unknown[]).map((part) =>
      typeof part === 'object' && part !== null && 'payloads' in part ? part.payloads : part,
    );
    assert.deepEqual(shown.slice(0, 5), [1, ...FRAMES, 2], what);
    assert.deepEqual(shown[5], FRAMES, what);
  }
  expect(noticed).toBeGreaterThan(bytes.length * 2);
});
