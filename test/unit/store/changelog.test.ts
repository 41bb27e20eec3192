/**
 * The changelog of a shard: what is written comes back in order, from the first delta that is not folded to the last
 * that is committed; what lies beyond goes; and what is missing is noticed.
 */
import { expect, test } from 'vitest';
import type { DeltaLocation } from '../../../src/store/changelog-frame.ts';
import {
  CHANGELOG_FORMAT_VERSION,
  SEGMENT_HEADER_BYTES,
  SEGMENT_NUMBER,
  SEGMENT_VERSION,
} from '../../../src/store/changelog-layout.ts';
import { readDelta } from '../../../src/store/changelog-reader.ts';
import { encodeSegmentHeader, segmentPath } from '../../../src/store/changelog-segment.ts';
import { contentOf, DIRECTORY, framesOf, newDisk, newWriter, recover, writeDelta } from './changelog-stage.ts';
import { outcome } from './damage.ts';
import { crc32 } from 'node:zlib';

const SEGMENT_1 = segmentPath(DIRECTORY, 1);
const SEGMENT_2 = segmentPath(DIRECTORY, 2);
const SEGMENT_3 = segmentPath(DIRECTORY, 3);

const deltaOf = (epoch: number): unknown => ({ epoch, frames: framesOf(epoch) });

/** Deltas of the epochs 1 to `count`, two a segment or so. */
function written(count: number, segmentBytesMax = 150) {
  const fileSystem = newDisk();
  const writer = newWriter(fileSystem, { segmentBytesMax });
  const locations: DeltaLocation[] = [];
  for (let epoch = 1; epoch <= count; epoch++) locations.push(writeDelta(writer, epoch, framesOf(epoch)));
  const committed = (epoch: number) => ({ epoch, location: locations[epoch - 1] });
  return { fileSystem, writer, locations, committed };
}

test('all deltas come back, whatever has been folded, and the writer goes on', () => {
  const { fileSystem, writer, committed } = written(12);
  expect(writer.segments.length).toBeGreaterThan(3);
  writer.close();
  for (let applied = 0; applied <= 12; applied++) {
    const { deltas, nextSegment, segments } = recover(fileSystem, applied, committed(12));
    expect(deltas).toEqual(Array.from({ length: 12 - applied }, (_, index) => deltaOf(applied + 1 + index)));
    expect(segments).toEqual(writer.segments);
    expect(nextSegment).toBe(writer.segments.length + 1);
  }
  const { nextSegment, segments } = recover(fileSystem, 12, committed(12));
  const next = newWriter(fileSystem, { nextSegment, segments });
  const location = writeDelta(next, 15, framesOf(15), 12);
  expect(next.isNewSegment).toBe(false);
  expect(recover(fileSystem, 11, { epoch: 15, location }).deltas).toEqual([deltaOf(12), deltaOf(15)]);
});

test('a new segment begins when the last one is longer than the limit', () => {
  const fileSystem = newDisk();
  const writer = newWriter(fileSystem, { segmentBytesMax: SEGMENT_HEADER_BYTES + 66 + 17 });
  // A delta without frames takes 26 + 40 bytes, and a frame of one byte 17.
  expect(writeDelta(writer, 1, [[1, 'a']])).toMatchObject({ segment: 1, offsetBytes: 48, byteLength: 83 });
  expect(writer.isNewSegment).toBe(true);
  expect(writeDelta(writer, 2, [])).toMatchObject({ segment: 1, offsetBytes: 131, byteLength: 66 });
  expect(writer.isNewSegment).toBe(false);
  expect(writeDelta(writer, 3, [])).toMatchObject({ segment: 2, offsetBytes: 48, byteLength: 66 });
  expect(writer.isNewSegment).toBe(true);
  expect(writer.segments).toEqual([
    { segment: 1, firstEpoch: 1, lastEpoch: 2, byteLength: 197 },
    { segment: 2, firstEpoch: 3, lastEpoch: 3, byteLength: 114 },
  ]);
  expect(fileSystem.readFile(SEGMENT_1)).toHaveLength(197);
});

test('frames of every length come back, larger than what is read at once, too', () => {
  const fileSystem = newDisk();
  const writer = newWriter(fileSystem);
  const lengths = [0, 1, 4_000, 200_000, 70_000, 3_000_000, 5, 1 << 20, 262_000, 130, 0];
  const frames = lengths.map((length, index) => [index, String.fromCharCode(97 + index).repeat(length)] as const);
  const location = writeDelta(writer, 1, frames);
  const found = [...readDelta(fileSystem, DIRECTORY, location)];
  expect(found.map(({ kind }) => kind)).toEqual(frames.map(([kind]) => kind));
  // Only now, so that a frame would be noticed that was changed by reading another.
  for (const [index, { bytes }] of found.entries()) {
    expect(Buffer.compare(bytes, Buffer.from(frames[index][1])), `frame ${index}`).toBe(0);
  }
});

test('reading a delta can stop in between, and leaves no file open', () => {
  const { fileSystem, committed } = written(3, 10_000);
  const handles: { isClosed: boolean }[] = [];
  const { open } = fileSystem;
  fileSystem.open = (...call) => {
    const file = open.apply(fileSystem, call);
    const handle = { isClosed: false };
    handles.push(handle);
    const { close } = file;
    file.close = () => {
      handle.isClosed = true;
      close.call(file);
    };
    return file;
  };
  for (const _frame of readDelta(fileSystem, DIRECTORY, committed(3).location)) break;
  recover(fileSystem, 0, committed(3));
  // One for the delta; one for the whole recovery, whose deltas share it, and one that cuts off.
  expect(handles.length).toBe(3);
  expect(handles.filter(({ isClosed }) => !isClosed)).toEqual([]);
});

test('what lies beyond the committed delta goes: deltas, torn bytes, and later segments', () => {
  const { fileSystem, committed, writer } = written(9);
  const segments = writer.segments.filter(({ firstEpoch }) => firstEpoch <= 5);
  const { location } = committed(5);
  fileSystem.writeFile(segmentPath(DIRECTORY, 77), new Uint8Array([1, 2, 3]));
  const recovered = recover(fileSystem, 3, committed(5));
  expect(recovered.deltas).toEqual([deltaOf(4), deltaOf(5)]);
  expect(recovered.nextSegment).toBe(location.segment + 1);
  const last = { ...segments.at(-1), lastEpoch: 5, byteLength: location.offsetBytes + location.byteLength };
  expect(recovered.segments).toEqual([...segments.slice(0, -1), last]);
  expect(fileSystem.list(DIRECTORY).length).toBe(1 + segments.length);
  expect(fileSystem.readFile(segmentPath(DIRECTORY, location.segment)).length).toBe(last.byteLength);
  expect(recover(fileSystem, 3, committed(5))).toEqual(recovered);
});

test('without a committed delta nothing stays', () => {
  const { fileSystem } = written(5);
  expect(recover(fileSystem, 0, undefined)).toEqual({ nextSegment: 1, segments: [], spares: [], deltas: [] });
  expect(fileSystem.list(DIRECTORY)).toEqual(['.made']);
  expect(recover(newDisk('/elsewhere'), 0, undefined).segments).toEqual([]);
});

test('a tail that comes back after its segment was left is not looked at', () => {
  const { fileSystem, writer, locations } = written(2, 10_000);
  writer.close();
  const long = fileSystem.readFile(SEGMENT_1);
  const { nextSegment, segments } = recover(fileSystem, 0, { epoch: 1, location: locations[0] });
  const next = newWriter(fileSystem, { segmentBytesMax: 0, nextSegment, segments });
  const location = writeDelta(next, 2, [[9, 'another']]);
  expect(location.segment).toBe(2);
  // The cutting off was never synced, and a crash has undone it.
  fileSystem.writeFile(SEGMENT_1, long);
  const recovered = recover(fileSystem, 0, { epoch: 2, location });
  expect(recovered.deltas).toEqual([deltaOf(1), { epoch: 2, frames: [[9, 'another']] }]);
  expect(recovered.segments).toEqual(next.segments);
});

test('a segment that could not be synced gets no more deltas', () => {
  const { fileSystem, writer, committed } = written(3, 10_000);
  writer.close();
  const { nextSegment, segments } = recover(fileSystem, 0, committed(2));
  const next = newWriter(fileSystem, { nextSegment, segments, reuseLastSegment: false });
  expect(writeDelta(next, 3, []).segment).toBe(2);
  expect(next.isNewSegment).toBe(true);
  expect(writeDelta(next, 4, []).segment).toBe(2);
});

test('segments that are folded are removed, but never the current one', () => {
  const { fileSystem, writer, committed } = written(9);
  const lasts = writer.segments.map(({ lastEpoch }) => lastEpoch);
  expect(lasts.length).toBeGreaterThan(3);
  expect(writer.removeThrough(lasts[0] - 1)).toBe(0);
  expect(writer.removeThrough(lasts[1])).toBe(2);
  expect(fileSystem.exists(SEGMENT_1) || fileSystem.exists(SEGMENT_2)).toBe(false);
  const recovered = recover(fileSystem, lasts[1], committed(9));
  expect(recovered.segments).toEqual(writer.segments);
  expect(recovered.deltas.map(({ epoch }) => epoch)[0]).toBe(lasts[1] + 1);
  expect(writer.removeThrough(1_000)).toBe(lasts.length - 3);
  expect(writer.segments.length).toBe(1);
  expect(fileSystem.list(DIRECTORY).length).toBe(2);
  writeDelta(writer, 10, []);
});

test('what recovery reads lies after what was folded', () => {
  const { fileSystem, writer, committed } = written(40);
  const readBytes = (applied: number): number => {
    let bytes = 0;
    const { open } = fileSystem;
    fileSystem.open = (...call) => {
      const file = open.apply(fileSystem, call);
      const { readAt } = file;
      file.readAt = (offset, length) => {
        const found = readAt.call(file, offset, length);
        bytes += found.length;
        return found;
      };
      return file;
    };
    recover(fileSystem, applied, committed(40));
    fileSystem.open = open;
    return bytes;
  };
  const headers = writer.segments.length * SEGMENT_HEADER_BYTES;
  // The headers, and the end of the committed delta.
  expect(readBytes(40)).toBe(headers + 40);
  expect(readBytes(0)).toBeGreaterThan(10 * readBytes(39) - 10 * headers);
});

test('a folded segment may be missing, a needed one may not', () => {
  const { fileSystem, writer, committed } = written(12);
  const [first, second, third] = writer.segments;
  fileSystem.remove(SEGMENT_2);
  const recovered = recover(fileSystem, second.lastEpoch, committed(12));
  expect(recovered.deltas[0].epoch).toBe(third.firstEpoch);
  expect(recovered.segments.map(({ segment }) => segment)).toEqual([
    1,
    ...writer.segments.slice(2).map(({ segment }) => segment),
  ]);
  // Of the one before the gap only a bound is known.
  expect(recovered.segments[0]).toEqual({ ...first, lastEpoch: second.lastEpoch });
  const before = contentOf(fileSystem);
  expect(outcome(() => recover(fileSystem, second.lastEpoch - 1, committed(12)))).toEqual({
    damagedFile: SEGMENT_2,
    offset: 0,
  });
  expect(contentOf(fileSystem)).toEqual(before);
});

test('the committed delta may be gone when it is folded, and only then', () => {
  const { fileSystem, writer, committed } = written(3, 10);
  expect(writer.removeThrough(2)).toBe(2);
  // The third epoch is not committed.
  const bare = fileSystem.clone();
  expect(outcome(() => recover(fileSystem, 1, committed(2)))).toEqual({ damagedFile: SEGMENT_2, offset: 0 });
  expect(recover(bare, 2, committed(2))).toEqual({ nextSegment: 3, segments: [], spares: [], deltas: [] });
  expect(bare.list(DIRECTORY)).toEqual(['.made']);
  const next = newWriter(bare, { nextSegment: 3 });
  const location = writeDelta(next, 3, framesOf(3), 2);
  expect(recover(bare, 2, { epoch: 3, location }).deltas).toEqual([deltaOf(3)]);
});

test('a store that has folded more than was committed shows that the manifest has lost something', () => {
  const { fileSystem, committed } = written(3, 10_000);
  expect(outcome(() => recover(fileSystem, 3, committed(2)))).toEqual({
    damagedFile: SEGMENT_1,
    offset: committed(3).location.offsetBytes,
  });
});

test('a location that is not that of the committed epoch is refused', () => {
  const { fileSystem, committed, locations } = written(3, 10_000);
  const wrong = [
    { epoch: 3, location: locations[1] },
    { epoch: 2, location: { ...locations[1], checksum: locations[1].checksum ^ 1 } },
    { epoch: 2, location: { ...locations[1], byteLength: locations[1].byteLength + 1 } },
    { epoch: 2, location: { ...locations[1], offsetBytes: locations[1].offsetBytes - 1 } },
    { epoch: 2, location: { ...locations[1], segment: 2 } },
    { epoch: 2, location: { segment: 1, offsetBytes: 0, byteLength: 0, checksum: 0 } },
    { epoch: 2, location: { segment: 1, offsetBytes: 2 ** 40, byteLength: 100, checksum: 0 } },
  ];
  const before = contentOf(fileSystem);
  for (const delta of wrong)
    expect(
      outcome(() => recover(fileSystem, 0, delta)),
      JSON.stringify(delta),
    ).toHaveProperty('damagedFile');
  expect(contentOf(fileSystem)).toEqual(before);
  expect(recover(fileSystem, 0, committed(3)).deltas.length).toBe(3);
});

test('segments that have changed places, and deltas of another history, are noticed', () => {
  const stageOf = (second: string) => {
    const fileSystem = newDisk();
    const writer = newWriter(fileSystem, { segmentBytesMax: 10 });
    writeDelta(writer, 1, framesOf(1));
    writeDelta(writer, 2, [[1, second]]);
    return { fileSystem, location: writeDelta(writer, 3, framesOf(3)) };
  };
  const { fileSystem, location } = stageOf('one');
  const swapped = fileSystem.clone();
  swapped.writeFile(SEGMENT_1, fileSystem.readFile(SEGMENT_2));
  swapped.writeFile(SEGMENT_2, fileSystem.readFile(SEGMENT_1));
  expect(outcome(() => recover(swapped, 0, { epoch: 3, location }))).toEqual({
    damagedFile: SEGMENT_2,
    offset: SEGMENT_NUMBER,
  });

  // As good in itself as the right one, and of the same length.
  const mixed = fileSystem.clone();
  mixed.writeFile(SEGMENT_2, stageOf('two').fileSystem.readFile(SEGMENT_2));
  expect(outcome(() => recover(mixed, 0, { epoch: 3, location }))).toMatchObject({ damagedFile: SEGMENT_2 });
  expect(recover(fileSystem, 0, { epoch: 3, location }).deltas[1].frames).toEqual([[1, 'one']]);
  expect(SEGMENT_3).toBe(segmentPath(DIRECTORY, location.segment));
});

test('a header that tells another history than the first delta is noticed', () => {
  const { fileSystem, committed } = written(3, 10);
  const bytes = fileSystem.readFile(SEGMENT_2);
  const right = { segment: 2, firstEpoch: 2, previousEpoch: 1, previousEnd: fileSystem.readFile(SEGMENT_1).length };
  expect(Buffer.compare(bytes.subarray(0, SEGMENT_HEADER_BYTES), encodeSegmentHeader(right))).toBe(0);
  for (const wrong of [{ firstEpoch: 3 }, { previousEpoch: 0 }, { previousEnd: right.previousEnd - 1 }]) {
    const header = encodeSegmentHeader({ ...right, ...wrong });
    fileSystem.writeFile(SEGMENT_2, Buffer.concat([header, bytes.subarray(SEGMENT_HEADER_BYTES)]));
    expect(
      outcome(() => recover(fileSystem, 0, committed(3))),
      JSON.stringify(wrong),
    ).toHaveProperty('damagedFile');
  }
});

test('a newer format is told from damage', () => {
  const { fileSystem, committed } = written(1);
  const bytes = Buffer.from(fileSystem.readFile(SEGMENT_1));
  bytes.writeUInt32LE(CHANGELOG_FORMAT_VERSION + 1, SEGMENT_VERSION);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, SEGMENT_HEADER_BYTES - 4)), SEGMENT_HEADER_BYTES - 4);
  fileSystem.writeFile(SEGMENT_1, bytes);
  expect(() => recover(fileSystem, 0, committed(1))).toThrow(
    expect.objectContaining({
      code: 'DATA_TOO_NEW',
      details: { file: SEGMENT_1, version: CHANGELOG_FORMAT_VERSION + 1 },
    }),
  );
});

test('a header says what it was told to', () => {
  const header = encodeSegmentHeader({
    segment: 0xffff_fffe,
    firstEpoch: 2 ** 47,
    previousEpoch: 2 ** 40,
    previousEnd: 5,
  });
  expect(header).toHaveLength(SEGMENT_HEADER_BYTES);
  expect(Buffer.from(header.subarray(0, 8)).toString()).toBe('MRchglog');
});

test('a writer that could not write writes no more', () => {
  for (const [fault, call] of [
    ['EIO', 1],
    ['short', 2],
    ['ENOSPC', 3],
    ['short', 4],
    ['EIO', 5],
  ] as const) {
    const fileSystem = newDisk();
    const writer = newWriter(fileSystem);
    const before = fileSystem.callCount;
    fileSystem.fault = ({ number }) => (number === before + call ? fault : undefined);
    const failed = expect.objectContaining({ code: 'STORAGE_FAILED', details: { file: SEGMENT_1 } });
    // open, header, BEGIN, a frame, END
    expect(() => writeDelta(writer, 1, [[1, 'frame']])).toThrow(failed);
    fileSystem.fault = undefined;
    const content = contentOf(fileSystem);
    for (const action of [() => writer.append(1, new Uint8Array(1)), () => writer.end(), () => writer.begin(2, 1)]) {
      expect(action).toThrow(failed);
    }
    expect(contentOf(fileSystem)).toEqual(content);
    writer.close();
    expect(recover(fileSystem, 0, undefined).nextSegment).toBe(1);
    expect(fileSystem.list(DIRECTORY)).toEqual(['.made']);
  }
});

test('calls out of order are mistakes', () => {
  const fileSystem = newDisk();
  const writer = newWriter(fileSystem);
  expect(() => writer.append(1, new Uint8Array(1))).toThrow('between begin and end');
  expect(() => writer.end()).toThrow('begins before it ends');
  expect(() => writer.begin(1, 1)).toThrow('epochs only grow');
  writer.begin(1, 0);
  expect(() => writer.begin(2, 1)).toThrow('ends before the next');
  expect(() => writer.append(0xffff, new Uint8Array(1))).toThrow('kinds');
  writer.end();
  expect(() => writer.begin(3, 2)).toThrow('follows the last one');
  writer.begin(3, 1);
  writer.close();
  expect(() => writer.append(1, new Uint8Array(1))).toThrow('closed');
});
