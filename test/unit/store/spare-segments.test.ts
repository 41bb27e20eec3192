/**
 * Segments that are overwritten instead of removed: when that may begin, that nothing of their old bytes is ever taken for
 * something that was written since, and that damage still shows.
 */
import { expect, test } from 'vitest';
import { Prng } from '../../../src/base/prng.ts';
import type { DeltaLocation } from '../../../src/store/changelog-frame.ts';
import type { CommittedDelta } from '../../../src/store/changelog-recovery.ts';
import { segmentPath, sparePath } from '../../../src/store/changelog-segment.ts';
import type { ChangelogWriter } from '../../../src/store/changelog-writer.ts';
import type { SimulatedFileSystem } from '../../../src/testing/simulated-file-system.ts';
import { DIRECTORY, newDisk, newWriter, type PlainFrame, recover, writeDelta } from './changelog-stage.ts';
import { flips, outcome, truncations } from './damage.ts';

/** Frames of the same lengths in every epoch, so that old ones lie where new ones could. */
const framesOf = (epoch: number): PlainFrame[] => [
  [1, `state of epoch ${String(epoch).padStart(4)}`],
  [2, `mail ${String(epoch).padStart(4)}`],
];
const deltaOf = (epoch: number): unknown => ({ epoch, frames: framesOf(epoch) });

/** A changelog with two deltas a segment, each committed and folded as an engine does it. */
class Run {
  readonly fileSystem: SimulatedFileSystem;
  writer: ChangelogWriter;
  epoch = 0;
  location: DeltaLocation | undefined;

  constructor(fileSystem: SimulatedFileSystem = newDisk(), spareCountMax = 8) {
    this.fileSystem = fileSystem;
    this.writer = newWriter(fileSystem, { segmentBytesMax: 200, spareCountMax });
  }

  write(): DeltaLocation {
    this.epoch++;
    this.location = writeDelta(this.writer, this.epoch, framesOf(this.epoch));
    return this.location;
  }

  async sync(): Promise<void> {
    const file = this.fileSystem.open(segmentPath(DIRECTORY, this.location?.segment ?? 0), 'append');
    await file.sync();
    file.close();
    if (this.writer.isNewSegment) await this.fileSystem.syncDirectory(DIRECTORY);
    this.writer.committed(this.epoch);
  }

  async commit(count: number): Promise<void> {
    for (let left = count; left > 0; left--) {
      this.write();
      await this.sync();
    }
  }

  get committed(): CommittedDelta {
    return { epoch: this.epoch, location: this.location as DeltaLocation };
  }
}

const names = (fileSystem: SimulatedFileSystem): string[] =>
  fileSystem.list(DIRECTORY).filter((name) => name !== '.made');
const spare = (segment: number): string => sparePath('', segment);
const log = (segment: number): string => segmentPath('', segment);

test('a segment that is given up is overwritten once its new name is durable, and files are no longer made', async () => {
  const run = new Run();
  await run.commit(4);
  expect(run.writer.removeThrough(2)).toBe(1);
  expect(names(run.fileSystem)).toEqual([spare(1), log(2)]);
  // Begun after that, but before anybody has synced the directory.
  await run.commit(1);
  expect(names(run.fileSystem)).toEqual([spare(1), log(2), log(3)]);
  await run.commit(2);
  expect(names(run.fileSystem)).toEqual([log(2), log(3), log(4)]);
  expect(run.fileSystem.readFile(segmentPath(DIRECTORY, 4)).length).toBe(
    run.fileSystem.readFile(segmentPath(DIRECTORY, 2)).length,
  );
  expect(recover(run.fileSystem, 2, run.committed).deltas).toEqual([3, 4, 5, 6, 7].map(deltaOf));
  for (let round = 0; round < 20; round++) {
    run.writer.removeThrough(run.epoch - 2);
    await run.commit(2);
  }
  expect(names(run.fileSystem).length).toBeLessThan(6);
});

test('a spare is not overwritten before the epoch is committed that has begun a segment behind it', async () => {
  const run = new Run();
  await run.commit(4);
  run.writer.removeThrough(2);
  run.write();
  // Its directory may be synced by now, or not.
  run.write();
  run.write();
  expect(names(run.fileSystem)).toEqual([spare(1), log(2), log(3), log(4)]);
});

test('no more are kept than there is room for', async () => {
  const run = new Run(newDisk(), 1);
  await run.commit(8);
  expect(run.writer.removeThrough(6)).toBe(3);
  expect(names(run.fileSystem)).toEqual([spare(1), log(4)]);
});

test('whenever the power fails, what was committed is there, and the names say what the files are', async () => {
  for (let seed = 0; seed < 300; seed++) {
    const random = new Prng(seed);
    const run = new Run();
    await run.commit(6);
    run.writer.removeThrough(random.below(5));
    await run.commit(random.below(8));
    const { committed } = run;
    const applied = random.below(3) + committed.epoch - 3;
    run.writer.removeThrough(applied);
    for (let left = random.below(4); left > 0; left--) run.write();
    run.fileSystem.crash(random);
    const wanted = Array.from({ length: committed.epoch - applied }, (_, index) => deltaOf(applied + 1 + index));
    expect(recover(run.fileSystem, applied, committed).deltas, `seed ${seed}`).toEqual(wanted);
  }
});

/** Segment 4 in the file of segment 1, with its two deltas, and segment 1 as it was. */
async function overwritten() {
  const run = new Run();
  await run.commit(4);
  const old = run.fileSystem.readFile(segmentPath(DIRECTORY, 1));
  run.writer.removeThrough(2);
  await run.commit(4);
  const path = segmentPath(DIRECTORY, 4);
  return {
    fileSystem: run.fileSystem,
    committed: run.committed,
    path,
    old,
    now: run.fileSystem.readFile(path),
  };
}

/** The deltas behind epoch 4, or in which file damage was found. */
function readBy(disk: SimulatedFileSystem, committed: CommittedDelta): unknown {
  const found = outcome(() => recover(disk, 4, committed));
  return 'deltas' in found ? found.deltas : `damage in ${String(found.damagedFile)}`;
}

test('old bytes in the place of new ones are noticed, wherever they begin and end', async () => {
  const { fileSystem, committed, path, old, now } = await overwritten();
  expect(now.length).toBe(old.length);
  const end = committed.location.offsetBytes + committed.location.byteLength;
  let noticedCount = 0;
  const tryBytes = (from: number, to: number): void => {
    const disk = fileSystem.clone();
    const bytes = now.slice();
    bytes.set(old.subarray(from, to), from);
    disk.writeFile(path, bytes);
    const isTouched = Buffer.compare(bytes.subarray(0, end), now.subarray(0, end)) !== 0;
    if (isTouched) noticedCount++;
    const wanted = isTouched ? `damage in ${path}` : [5, 6, 7, 8].map(deltaOf);
    expect(readBy(disk, committed), `old bytes from ${from} to ${to}`).toEqual(wanted);
  };
  for (let at = 0; at <= end; at++) {
    tryBytes(0, at);
    tryBytes(at, old.length);
  }
  // Each frame by itself: it is whole, and of the right length in the right place.
  const frameBytes = [26, 16 + framesOf(1)[0][1].length, 16 + framesOf(1)[1][1].length, 40];
  for (let at = 48, index = 0; at < end; index = (index + 1) % frameBytes.length) {
    tryBytes(at, at + frameBytes[index]);
    at += frameBytes[index];
  }
  expect(noticedCount).toBeGreaterThan(end);
});

test('in a file that was overwritten every damaged byte and every length shows, or is harmless', async () => {
  const { fileSystem, committed, path, now } = await overwritten();
  const wanted = [5, 6, 7, 8].map(deltaOf);
  const end = committed.location.offsetBytes + committed.location.byteLength;
  for (const { bytes, what } of [...flips(now), ...truncations(now)]) {
    const disk = fileSystem.clone();
    disk.writeFile(path, bytes);
    const isTouched = Buffer.compare(bytes.subarray(0, end), now.subarray(0, end)) !== 0;
    expect(readBy(disk, committed), what).toEqual(isTouched ? `damage in ${path}` : wanted);
  }
});

test('spares of an earlier life are taken over, and their names are not trusted', async () => {
  const run = new Run();
  await run.commit(4);
  run.writer.removeThrough(2);
  run.fileSystem.kill();
  const { nextSegment, segments, spares } = recover(run.fileSystem, 2, run.committed);
  expect(spares).toEqual([1]);
  run.writer = newWriter(run.fileSystem, { segmentBytesMax: 200, spareCountMax: 8, nextSegment, segments, spares });
  await run.commit(1);
  expect(names(run.fileSystem)).toContain(spare(1));
  await run.commit(2);
  expect(names(run.fileSystem)).not.toContain(spare(1));
  expect(recover(run.fileSystem, 2, run.committed).deltas).toEqual([3, 4, 5, 6, 7].map(deltaOf));
});

test('a segment of an earlier life is removed: nobody knows whether a sync of it has failed', async () => {
  const run = new Run();
  await run.commit(5);
  const { nextSegment, segments } = recover(run.fileSystem, 0, run.committed);
  const reuse = { reuseLastSegment: false, spareCountMax: 8, segmentBytesMax: 200 };
  run.writer = newWriter(run.fileSystem, { ...reuse, nextSegment, segments });
  await run.commit(3);
  expect(run.writer.removeThrough(run.epoch)).toBe(4);
  expect(names(run.fileSystem)).toEqual([spare(4), log(5)]);
});

test('short deltas make the file longer in steps, and long ones do not', async () => {
  const fileSystem = newDisk();
  const writer = newWriter(fileSystem, { segmentBytesMax: 10_000, paddingBytes: 1_000 });
  const length = (): number => fileSystem.readFile(segmentPath(DIRECTORY, 1)).length;
  const lengths: number[] = [];
  let location: DeltaLocation | undefined;
  for (let epoch = 1; epoch <= 8; epoch++) {
    location = writeDelta(writer, epoch, framesOf(epoch));
    lengths.push(length());
  }
  expect(lengths).toEqual([1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 2_000]);
  const long: PlainFrame[] = [[1, 'x'.repeat(1_500)]];
  const { offsetBytes, byteLength } = writeDelta(writer, 9, long);
  expect(length()).toBe(offsetBytes + byteLength);
  expect(recover(fileSystem, 7, { epoch: 8, location: location as DeltaLocation }).deltas).toEqual([deltaOf(8)]);
});
