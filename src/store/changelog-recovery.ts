/**
 * Finds the committed deltas that the store has not folded yet, and removes what lies beyond the last committed one: the
 * bytes of an epoch that a crash cut short. It starts at the committed delta, whose location it is given, and goes
 * backwards from END to END, so it costs what lies after `applied` and nothing for what lies before.
 *
 * Everything is read and checked before anything is changed. What is changed depends on the committed location alone,
 * so a crash in between, or one that undoes it, leads to the same result the next time.
 */
import type { FileSystem } from '../base/file-system.ts';
import type { DeltaLocation } from './changelog-frame.ts';
import { SEGMENT_HEADER_BYTES } from './changelog-layout.ts';
import { type ListedFrame, readContents } from './changelog-contents.ts';
import { checkedEnd, deltaFrames, LONG_WINDOW_BYTES, SegmentReader } from './changelog-reader.ts';
import { listSegments, type SegmentInfo, segmentPath } from './changelog-segment.ts';
import { callStorage, damaged } from './storage-failure.ts';

export interface CommittedDelta {
  readonly epoch: number;
  readonly location: DeltaLocation;
}

/** Sees each delta and then its frames. If recovery throws in between, what was seen must be thrown away. */
export interface ChangelogVisitor {
  delta(epoch: number, location: DeltaLocation): void;
  frame(kind: number, bytes: Uint8Array): void;
  readonly lists?: ListVisitor;
}

/** Chooses what to read of deltas that have a list of their frames. */
export interface ListVisitor {
  /** Deltas that are no longer than this together are shown frame by frame all the same. */
  readonly scanBytesMax: number;
  /** In place of all calls of `frame`. */
  list(frames: readonly ListedFrame[], reader: SegmentReader): void;
}

/** What a writer needs to go on. */
export interface RecoveredChangelog {
  readonly nextSegment: number;
  readonly segments: SegmentInfo[];
  /** Files that nobody needs, to be overwritten: see `SpareSegments`. */
  readonly spares: readonly number[];
}

/**
 * Visits all deltas with `applied` < epoch <= `committed.epoch`, oldest first, and cuts off the rest. Without a committed
 * delta all segments are removed.
 */
export function recoverChangelog(
  fileSystem: FileSystem,
  directory: string,
  applied: number,
  committed: CommittedDelta | undefined,
  visitor: ChangelogVisitor,
): RecoveredChangelog {
  const recovery = new Recovery(fileSystem, directory);
  const { spares } = recovery;
  if (committed === undefined) {
    recovery.removeBeyond(0);
    return { nextSegment: 1, segments: [], spares };
  }
  const { segment, offsetBytes, byteLength } = committed.location;
  const nextSegment = segment + 1;
  if (committed.epoch === applied && !recovery.stored.includes(segment)) {
    // All was folded, a later epoch had begun another segment, and so this one could go.
    recovery.removeBeyond(0);
    return { nextSegment, segments: [], spares };
  }
  if (committed.epoch < applied) {
    const what = `epoch ${applied} has been folded, but epoch ${committed.epoch} is the last committed one`;
    throw damaged(segmentPath(directory, segment), offsetBytes + byteLength, what);
  }
  const segments = recovery.reading(() => {
    recovery.visit(recovery.deltasAfter(applied, committed), visitor);
    return recovery.describeSegments(committed);
  });
  recovery.removeBeyond(segment);
  recovery.cutOff(segment, offsetBytes + byteLength);
  return { nextSegment, segments, spares };
}

/** Visits the same deltas and changes nothing: for reading what a running engine goes on to write. */
export function visitDeltas(
  fileSystem: FileSystem,
  directory: string,
  applied: number,
  committed: CommittedDelta,
  visitor: ChangelogVisitor,
): void {
  const recovery = new Recovery(fileSystem, directory);
  recovery.reading(() => recovery.visit(recovery.deltasAfter(applied, committed), visitor));
}

/**
 * Removes the segments behind the last committed one. What keeps a file from being synced again, after a sync of it has
 * failed, knows it by its name (I9): so whoever syncs segments removes them himself before others of their names are made.
 */
export function removeUncommitted(
  fileSystem: FileSystem,
  directory: string,
  committed: DeltaLocation | undefined,
): void {
  new Recovery(fileSystem, directory).removeBeyond(committed?.segment ?? 0);
}

/** One shard's changelog while it is recovered. */
class Recovery {
  readonly stored: readonly number[];
  readonly spares: readonly number[];
  readonly #fileSystem: FileSystem;
  readonly #directory: string;
  #reader: SegmentReader | undefined;

  constructor(fileSystem: FileSystem, directory: string) {
    this.#fileSystem = fileSystem;
    this.#directory = directory;
    const { segments, spares } = listSegments(fileSystem, directory);
    this.stored = segments;
    this.spares = spares;
  }

  /** The deltas to redo, newest first. The committed one is checked in any case. */
  deltasAfter(applied: number, committed: CommittedDelta): CommittedDelta[] {
    const deltas: CommittedDelta[] = [];
    for (let delta = committed; ; ) {
      const before = this.#read(delta.location.segment, (reader) => checkPlace(reader, delta));
      if (delta.epoch > applied) deltas.push(delta);
      if (before.epoch <= applied) return deltas;
      const location = this.#read(before.segment, (reader) => locateEnd(reader, before));
      delta = { epoch: before.epoch, location };
    }
  }

  visit(newestFirst: readonly CommittedDelta[], visitor: ChangelogVisitor): void {
    const sumBytes = newestFirst.reduce((sum, { location }) => sum + location.byteLength, 0);
    const lists = visitor.lists !== undefined && sumBytes > visitor.lists.scanBytesMax ? visitor.lists : undefined;
    for (const { epoch, location } of newestFirst.toReversed()) {
      visitor.delta(epoch, location);
      const reader = this.#open(location.segment);
      const contents = lists && readContents(reader, location);
      if (contents === undefined) {
        for (const { kind, bytes } of deltaFrames(reader, location)) visitor.frame(kind, bytes);
      } else {
        lists?.list(contents, reader);
      }
    }
  }

  /** What is known of the segments that stay, oldest first; where one ends, the header of the next one says. */
  describeSegments({ epoch, location }: CommittedDelta): SegmentInfo[] {
    const kept = this.stored.filter((segment) => segment <= location.segment);
    const infos: SegmentInfo[] = [];
    let lastEpoch = epoch;
    let end = location.offsetBytes + location.byteLength;
    for (const segment of kept.toReversed()) {
      const { header, byteLength } = this.#read(segment, (reader) => ({
        header: reader.header,
        byteLength: reader.byteLength,
      }));
      // With a gap behind it, left by removals that a crash undid in part, its last epoch and its end are bounds.
      const isFollowed = segment === location.segment || this.stored.includes(segment + 1);
      infos.push({ segment, firstEpoch: header.firstEpoch, lastEpoch, byteLength: isFollowed ? end : byteLength });
      lastEpoch = header.previousEpoch;
      end = header.previousEnd;
    }
    return infos.reverse();
  }

  removeBeyond(last: number): void {
    for (const segment of this.stored.filter((number) => number > last)) {
      const path = segmentPath(this.#directory, segment);
      callStorage(path, () => this.#fileSystem.remove(path));
    }
  }

  cutOff(segment: number, end: number): void {
    const path = segmentPath(this.#directory, segment);
    callStorage(path, () => {
      const file = this.#fileSystem.open(path, 'append');
      try {
        if (file.byteLength() > end) file.truncate(end);
      } finally {
        file.close();
      }
    });
  }

  #read<Result>(segment: number, read: (reader: SegmentReader) => Result): Result {
    return read(this.#open(segment));
  }

  /** Leaves no segment open, however `read` ends. */
  reading<Result>(read: () => Result): Result {
    try {
      return read();
    } finally {
      this.#close();
    }
  }

  /** Deltas follow each other in a segment, and there may be thousands: it stays open until another one is wanted. */
  #open(segment: number): SegmentReader {
    if (this.#reader?.header.segment === segment) return this.#reader;
    this.#close();
    this.#reader = new SegmentReader(this.#fileSystem, this.#directory, segment, LONG_WINDOW_BYTES);
    return this.#reader;
  }

  #close(): void {
    this.#reader?.close();
    this.#reader = undefined;
  }
}

/** The delta before one, if there is one: where it ends, and what ends there. */
interface Predecessor {
  readonly epoch: number;
  readonly checksum: number;
  readonly segment: number;
  readonly end: number;
}

/** Checks the end of a delta, and that it is the one that the chain leads to. */
function checkPlace(reader: SegmentReader, { epoch, location }: CommittedDelta): Predecessor {
  const { header } = reader;
  const end = checkedEnd(reader, location);
  if (end.epoch !== epoch) throw damaged(reader.path, end.offset, `epoch ${end.epoch} ends here instead of ${epoch}`);
  const before = { epoch: end.previousEpoch, checksum: end.previousChecksum };
  if (location.offsetBytes > SEGMENT_HEADER_BYTES) {
    return { ...before, segment: header.segment, end: location.offsetBytes };
  }
  if (header.firstEpoch !== epoch || header.previousEpoch !== before.epoch) {
    throw damaged(reader.path, SEGMENT_HEADER_BYTES, 'the first delta is not the one that the header names');
  }
  return { ...before, segment: header.segment - 1, end: header.previousEnd };
}

/** The delta that ends there and, as the one after it says, has this checksum; whether it has, is checked later. */
function locateEnd(reader: SegmentReader, { checksum, segment, end }: Predecessor): DeltaLocation {
  const { byteLength } = reader.endBefore(end).said;
  return { segment, offsetBytes: end - byteLength, byteLength, checksum };
}
