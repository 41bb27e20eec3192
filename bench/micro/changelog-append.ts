/**
 * What a checkpoint writes of the entities that have changed: records into frames, frames into the changelog's file.
 * Nothing is synced here; `commit-alone` has the disk's share.
 *
 * ```
 *   begin ─▶ 10 frames of 64 KiB, each with header and checksum ─▶ end      one delta; a new segment after 64 MiB
 * ```
 *
 * Rival: the same bytes by `writeSync` alone, without frames and checksums. The checksum is the length of what is written.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { NodeFileSystem } from '../../src/base/node-file-system.ts';
import { ChangelogWriter } from '../../src/store/changelog-writer.ts';
import { OURS } from '../harness/benchmark.ts';
import type { Batch, Suite, SuiteFile } from '../harness/micro.ts';
import { Scratch } from '../harness/scratch.ts';

const FRAME_BYTES = 64 << 10;
const FRAME_COUNT = 10;
const SEGMENT_BYTES_MAX = 64 << 20;
/** Deltas of one batch. */
const DELTA_COUNT = 4;
const KIND = 1;

export const suites: readonly Suite[] = [
  {
    name: 'changelog-append',
    about: `a delta of ${FRAME_COUNT} frames of 64 KiB, not synced`,
    contenders: { [OURS]: changelog, 'writeSync alone': plainFile },
  },
];

export const changelogAppendSuites: SuiteFile = { file: import.meta.url, suites };

function changelog(): Batch {
  const scratch = new Scratch();
  const options = { segmentBytesMax: SEGMENT_BYTES_MAX, nextSegment: 1, segments: [] };
  const writer = new ChangelogWriter(new NodeFileSystem(), scratch.path, options);
  const frame = frameBytes();
  let epoch = 0;
  const run = (): number => {
    let payloadBytes = 0;
    for (let delta = 0; delta < DELTA_COUNT; delta++) {
      writer.begin(epoch + 1, epoch);
      for (let index = 0; index < FRAME_COUNT; index++) writer.append(KIND, frame);
      const { byteLength } = writer.end();
      payloadBytes += Math.floor(byteLength / FRAME_BYTES) * FRAME_BYTES;
      epoch++;
    }
    // No more than two segments stay on disk.
    writer.removeThrough(epoch - 1);
    return payloadBytes;
  };
  const close = (): void => {
    writer.close();
    scratch.remove();
  };
  return { callCount: DELTA_COUNT, run, expected: DELTA_COUNT * FRAME_COUNT * FRAME_BYTES, close };
}

function plainFile(): Batch {
  const scratch = new Scratch();
  const path = join(scratch.path, 'changelog');
  const frame = frameBytes();
  let file = openSync(path, 'w');
  let length = 0;
  const run = (): number => {
    let written = 0;
    for (let index = 0; index < DELTA_COUNT * FRAME_COUNT; index++) written += writeSync(file, frame);
    length += written;
    if (length > SEGMENT_BYTES_MAX) {
      closeSync(file);
      file = openSync(path, 'w');
      length = 0;
    }
    return written;
  };
  const close = (): void => {
    closeSync(file);
    scratch.remove();
  };
  return { callCount: DELTA_COUNT, run, expected: DELTA_COUNT * FRAME_COUNT * FRAME_BYTES, close };
}

function frameBytes(): Buffer {
  return Buffer.from(Array.from({ length: FRAME_BYTES }, (_, index) => (index * 31) & 0xff));
}
