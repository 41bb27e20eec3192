/**
 * A changelog on a simulated disk, small enough to be written out in a test and compared as a whole.
 */
import { Prng } from '../../../src/base/prng.ts';
import type { DeltaLocation } from '../../../src/store/changelog-frame.ts';
import {
  type CommittedDelta,
  type RecoveredChangelog,
  recoverChangelog,
} from '../../../src/store/changelog-recovery.ts';
import { type ChangelogOptions, ChangelogWriter } from '../../../src/store/changelog-writer.ts';
import { SimulatedFileSystem } from '../../../src/testing/simulated-file-system.ts';

export const DIRECTORY = '/data/shard-0';

/** A frame, printable: its kind and what is in it. */
export type PlainFrame = readonly [kind: number, bytes: string];

export interface PlainDelta {
  readonly epoch: number;
  readonly frames: PlainFrame[];
}

export interface PlainRecovery extends RecoveredChangelog {
  readonly deltas: PlainDelta[];
}

export function newDisk(directory: string = DIRECTORY): SimulatedFileSystem {
  const fileSystem = new SimulatedFileSystem({ autoSync: true });
  fileSystem.makeDirectory(directory);
  // A file that is placed there makes its directories durable.
  fileSystem.writeFile(`${directory}/.made`, new Uint8Array(0));
  return fileSystem;
}

export function newWriter(fileSystem: SimulatedFileSystem, options: Partial<ChangelogOptions> = {}): ChangelogWriter {
  return new ChangelogWriter(fileSystem, DIRECTORY, {
    segmentBytesMax: 1_000,
    nextSegment: 1,
    segments: [],
    ...options,
  });
}

/** Frames that an epoch decides: some, of all lengths from nothing on. */
export function framesOf(epoch: number, seed = 1): PlainFrame[] {
  const random = new Prng(epoch * 1_000 + seed);
  return Array.from({ length: random.below(4) }, (): PlainFrame => {
    const text = `${epoch}.${seed}:${'x'.repeat(random.below(40))}`;
    return [random.below(3) + 1, random.chance(0.2) ? '' : text];
  });
}

export function writeDelta(
  writer: ChangelogWriter,
  epoch: number,
  frames: readonly PlainFrame[],
  previousEpoch: number = epoch - 1,
): DeltaLocation {
  writer.begin(epoch, previousEpoch);
  for (const [kind, bytes] of frames) writer.append(kind, Buffer.from(bytes));
  return writer.end();
}

export function recover(
  fileSystem: SimulatedFileSystem,
  applied: number,
  committed: CommittedDelta | undefined,
  directory: string = DIRECTORY,
): PlainRecovery {
  const deltas: PlainDelta[] = [];
  const recovered = recoverChangelog(fileSystem, directory, applied, committed, {
    delta: (epoch) => deltas.push({ epoch, frames: [] }),
    frame: (kind, bytes) => deltas.at(-1)?.frames.push([kind, Buffer.from(bytes).toString('latin1')]),
  });
  return { ...recovered, deltas };
}

/** All files and what is in them. */
export function contentOf(fileSystem: SimulatedFileSystem): Record<string, string> {
  const paths = fileSystem.paths();
  return Object.fromEntries(paths.map((path) => [path, Buffer.from(fileSystem.readFile(path)).toString('hex')]));
}
