/**
 * Every byte of a small changelog flipped, and every length to which its files could be cut: what was committed is read
 * as it was written, or somebody is told in which file and where. Nothing on disk is changed in that case.
 */
import assert from 'node:assert/strict';
import { expect, test } from 'vitest';
import { segmentPath } from '../../../src/store/changelog-segment.ts';
import type { SimulatedFileSystem } from '../../../src/testing/simulated-file-system.ts';
import { contentOf, DIRECTORY, newDisk, newWriter, recover, writeDelta } from './changelog-stage.ts';
import { flips, outcome, truncations } from './damage.ts';

/** Three committed epochs in two segments, and one that is not: in the second segment, and in a third. */
function stage() {
  const fileSystem = newDisk();
  const writer = newWriter(fileSystem, { segmentBytesMax: 210 });
  writeDelta(writer, 1, [
    [1, 'state'],
    [2, 'mail'],
  ]);
  writeDelta(writer, 2, []);
  const location = writeDelta(writer, 3, [
    [1, 'more state'],
    [1, ''],
    [3, 'timers'],
  ]);
  const committedEnd = location.offsetBytes + location.byteLength;
  writeDelta(writer, 4, [[1, 'not committed']]);
  writeDelta(writer, 5, [[1, 'nor this']]);
  writer.close();
  assert.deepEqual(
    writer.segments.map(({ lastEpoch }) => lastEpoch),
    [2, 4, 5],
  );
  return { fileSystem, committed: { epoch: 3, location }, committedEnd };
}

/** Recovers from a disk with one damaged file, and sees that damage, once noticed, has changed nothing. */
function tryDamage(
  disk: SimulatedFileSystem,
  path: string,
  bytes: Uint8Array,
  read: (disk: SimulatedFileSystem) => unknown,
) {
  const damagedDisk = disk.clone();
  damagedDisk.writeFile(path, bytes);
  const before = contentOf(damagedDisk);
  const found = outcome(() => read(damagedDisk));
  const isNoticed = typeof found === 'object' && found !== null && 'damagedFile' in found;
  if (isNoticed) assert.deepEqual(contentOf(damagedDisk), before);
  else
    assert.deepEqual(
      outcome(() => read(damagedDisk)),
      found,
      'the same again',
    );
  return { found, isNoticed };
}

test.each([0, 1, 2, 3])('with epoch %i folded', (applied) => {
  const { fileSystem, committed, committedEnd } = stage();
  const undamaged = recover(fileSystem.clone(), applied, committed);
  expect(undamaged.deltas.length).toBe(3 - applied);
  const secondDelta = 48 + 26 + 21 + 20 + 40;
  /** Where the bytes lie that recovery has to read; it reads the headers and the committed END in any case. */
  const needed: Readonly<Record<number, readonly (readonly [from: number, to: number])[]>> = {
    1: [[0, 48], ...(applied < 2 ? ([[applied < 1 ? 48 : secondDelta, 1_000]] as const) : [])],
    2: [
      [0, 48],
      [applied < 3 ? 48 : committedEnd - 40, committedEnd],
    ],
    3: [],
  };
  let noticed = 0;
  let harmless = 0;
  for (const segment of [1, 2, 3]) {
    const path = segmentPath(DIRECTORY, segment);
    const bytes = fileSystem.readFile(path);
    const isNeeded = (from: number, to: number): boolean =>
      needed[segment].some((part) => from < part[1] && to > part[0]);
    for (const { what, offset, bytes: damagedBytes } of [...flips(bytes), ...truncations(bytes)]) {
      const { found, isNoticed } = tryDamage(fileSystem, path, damagedBytes, (disk) =>
        recover(disk, applied, committed),
      );
      // Cutting off damages all that follows.
      const damagedTo = damagedBytes.length < bytes.length ? bytes.length : offset + 1;
      assert.equal(isNoticed, isNeeded(offset, damagedTo), `${path}, ${what}`);
      if (isNoticed) {
        const { damagedFile, offset: noticedAt } = found as { damagedFile: unknown; offset: unknown };
        assert.equal(damagedFile, path, what);
        assert.ok(typeof noticedAt === 'number' && noticedAt >= 0 && noticedAt <= bytes.length, what);
        noticed++;
      } else {
        assert.deepEqual(found, undamaged, `${path}, ${what}`);
        harmless++;
      }
    }
  }
  expect(noticed).toBeGreaterThan(200);
  expect(harmless).toBeGreaterThan(200);
});

test('frames that are exchanged, left out, doubled or taken from elsewhere', () => {
  const fileSystem = newDisk();
  const writer = newWriter(fileSystem);
  const location = writeDelta(writer, 1, [
    [1, 'aaaa'],
    [1, 'bbbb'],
    [1, 'cccc'],
  ]);
  const committed = { epoch: 1, location };
  const path = segmentPath(DIRECTORY, 1);
  const bytes = Buffer.from(fileSystem.readFile(path));
  const head = bytes.subarray(0, 48 + 26);
  const [a, b, c] = [0, 1, 2].map((index) => bytes.subarray(74 + index * 20, 94 + index * 20));
  const end = bytes.subarray(134);
  const undamaged = recover(fileSystem.clone(), 0, committed);
  const frame = (parts: readonly Buffer[]): unknown =>
    tryDamage(fileSystem, path, Buffer.concat([head, ...parts, end]), (disk) => recover(disk, 0, committed)).found;
  expect(frame([a, b, c])).toEqual(undamaged);
  for (const parts of [
    [a, c, b],
    [a, a, c],
    [b, b, c],
    [a, b],
    [a, b, c, c],
    [c, b, a],
  ]) {
    expect(frame(parts)).toHaveProperty('damagedFile', path);
  }
});

test('frames that are right in themselves and left from another epoch are not handed out', () => {
  const stageOf = (epoch: number, previousEpoch: number) => {
    const fileSystem = newDisk();
    const location = writeDelta(newWriter(fileSystem), epoch, [[1, `${epoch}`]], previousEpoch);
    return { fileSystem, location, bytes: fileSystem.readFile(segmentPath(DIRECTORY, 1)) };
  };
  const { fileSystem, location, bytes } = stageOf(2, 1);
  const path = segmentPath(DIRECTORY, 1);
  const [begin, frame, end] = [48, 48 + 26, 48 + 26 + 17];
  const patched = (other: Uint8Array, from: number, to: number): unknown => {
    const mixed = Buffer.concat([bytes.subarray(0, from), other.subarray(from, to), bytes.subarray(to)]);
    return tryDamage(fileSystem, path, mixed, (disk) => recover(disk, 1, { epoch: 2, location })).found;
  };
  expect(patched(bytes, begin, end)).toHaveProperty('deltas', [{ epoch: 2, frames: [[1, '2']] }]);
  expect(patched(stageOf(3, 1).bytes, frame, end)).toEqual({ damagedFile: path, offset: frame });
  expect(patched(stageOf(3, 1).bytes, begin, frame)).toEqual({ damagedFile: path, offset: begin });
  expect(patched(stageOf(2, 0).bytes, begin, frame)).toEqual({ damagedFile: path, offset: begin });
});
