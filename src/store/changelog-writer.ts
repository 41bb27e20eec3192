/**
 * Appends one delta an epoch to a shard's changelog. The shard's thread owns it, and nobody else writes to the directory,
 * which must exist durably before. It never syncs: the coordinator does, by path, and the directory as well when
 * `isNewSegment` says so; only then may the location go into the manifest (I8).
 *
 * After a failed write the file ends anywhere, so the writer refuses everything: close it and recover.
 */
import { assert } from '../base/assert.ts';
import type { FileSystem } from '../base/file-system.ts';
import type { MillraceError } from '../sdk/errors.ts';
import {
  type ChainLink,
  chainChecksum,
  type DeltaLocation,
  encodeBegin,
  encodeEnd,
  encodeFrame,
} from './changelog-frame.ts';
import { ContentsDraft } from './changelog-contents.ts';
import {
  END_FRAME_BYTES,
  FRAME_HEADER_BYTES,
  KIND_BEGIN,
  KIND_CONTENTS,
  KIND_END,
  KIND_LIMIT,
} from './changelog-layout.ts';
import { readSegment } from './changelog-reader.ts';
import { encodeSegmentHeader, type SegmentInfo, segmentPath } from './changelog-segment.ts';
import { PaddedFile } from './padded-file.ts';
import { SpareSegments } from './spare-segments.ts';
import { callStorage, storageFailed } from './storage-failure.ts';

export interface ChangelogOptions {
  /** A segment longer than this gets no more deltas. */
  readonly segmentBytesMax: number;
  /** As `recoverChangelog` gives them; the last segment is the one to go on with. */
  readonly nextSegment: number;
  readonly segments: readonly SegmentInfo[];
  /** False when a sync of the last segment may have failed in this process: it must not be synced again (I9). */
  readonly reuseLastSegment?: boolean;
  /** How many segments are kept to be overwritten when nobody needs them any more; none unless said. */
  readonly spareCountMax?: number;
  /** As `recoverChangelog` gives them. */
  readonly spares?: readonly number[];
  /** A file grows by so many bytes at a time as long as deltas are shorter than half of that; 0 unless said. */
  readonly paddingBytes?: number;
}

/** The delta being written. */
interface OpenDelta {
  readonly epoch: number;
  readonly link: ChainLink;
  readonly offsetBytes: number;
  frameCount: number;
  framesChecksum: number;
}

/** Frames are meant to stay within this; a longer one gets a buffer of its own. */
const SCRATCH_BYTES: number = FRAME_HEADER_BYTES + (1 << 20);

export class ChangelogWriter {
  readonly segments: SegmentInfo[];

  readonly #fileSystem: FileSystem;
  readonly #directory: string;
  readonly #segmentBytesMax: number;
  #nextSegment: number;
  #file: PaddedFile | undefined;
  #delta: OpenDelta | undefined;
  #isNewSegment = false;
  /** Whether deltas may be added to the last segment. */
  #reusesLast: boolean;
  #failure: MillraceError | undefined;
  /** The checksum of the last END, or undefined while it is in the file only. */
  #lastChecksum: number | undefined;
  #scratch = Buffer.alloc(0);
  /** Of the delta being written. */
  readonly #contents = new ContentsDraft();
  readonly #spares: SpareSegments;
  /** The first segment that this writer has begun itself. No sync of it or a later one has failed, or it would be gone (I9). */
  readonly #firstOwnSegment: number;
  readonly #paddingBytes: number;

  constructor(fileSystem: FileSystem, directory: string, options: ChangelogOptions) {
    this.#fileSystem = fileSystem;
    this.#directory = directory;
    this.#segmentBytesMax = options.segmentBytesMax;
    this.#nextSegment = options.nextSegment;
    this.#reusesLast = options.reuseLastSegment ?? true;
    this.segments = options.segments.map((info) => ({ ...info }));
    this.#firstOwnSegment = options.nextSegment;
    this.#spares = new SpareSegments(fileSystem, directory, options.spareCountMax ?? 0, options.spares ?? []);
    this.#paddingBytes = options.paddingBytes ?? 0;
  }

  /** Whether the delta that ended last was the first in its file, so that its directory must be synced, too. */
  get isNewSegment(): boolean {
    return this.#isNewSegment;
  }

  /** Begins a delta, in a new segment when the current one is long enough. Deltas are chained by the epoch before. */
  begin(epoch: number, previousEpoch: number): void {
    this.#refuseAfterFailure();
    const current = this.segments.at(-1);
    assert(this.#delta === undefined, 'a delta ends before the next one begins');
    assert(previousEpoch < epoch, 'epochs only grow (I8)');
    assert(current === undefined || current.lastEpoch === previousEpoch, 'a delta follows the last one');
    this.#isNewSegment = !this.#reusesLast || current === undefined || current.byteLength > this.#segmentBytesMax;
    this.#lastChecksum ??= this.#readLastChecksum(current);
    const link = { previousEpoch, previousChecksum: this.#lastChecksum };
    if (this.#isNewSegment) this.#startSegment(epoch, previousEpoch);
    else this.#file ??= this.#openCurrent();
    const info = this.#current;
    info.lastEpoch = epoch;
    this.#delta = { epoch, link, offsetBytes: info.byteLength, frameCount: 0, framesChecksum: 0 };
    this.#contents.clear();
    this.#write(KIND_BEGIN, encodeBegin(link));
  }

  /** Writes one frame, of at most a mebibyte or so. */
  append(kind: number, bytes: Uint8Array): void {
    this.#refuseAfterFailure();
    assert(kind >= 0 && kind < KIND_LIMIT, 'the kinds above are those of BEGIN and END');
    assert(this.#delta !== undefined, 'frames stand between begin and end');
    this.#write(kind, bytes);
    this.#delta.frameCount++;
  }

  /** `hasContents`: with a list of its frames, for whoever wants to read some of them (`readContents`). */
  end(hasContents = false): DeltaLocation {
    this.#refuseAfterFailure();
    const delta = this.#delta;
    assert(delta !== undefined, 'a delta begins before it ends');
    if (hasContents) {
      this.#write(KIND_CONTENTS, this.#contents.encode());
      delta.frameCount++;
    }
    const { segment, byteLength: end } = this.#current;
    const { link, offsetBytes, framesChecksum, frameCount } = delta;
    const byteLength = end + END_FRAME_BYTES - offsetBytes;
    const checksum = this.#write(KIND_END, encodeEnd({ ...link, framesChecksum, frameCount, byteLength }));
    this.#lastChecksum = checksum;
    this.#delta = undefined;
    if (byteLength <= this.#paddingBytes / 2) {
      this.#call(segment, () => this.#open.pad(offsetBytes + byteLength, this.#paddingBytes));
    }
    return { segment, offsetBytes, byteLength, checksum };
  }

  /** All deltas up to this epoch are committed, and what was synced for that is durable. */
  committed(epoch: number): void {
    this.#spares.committed(epoch);
  }

  /** Gives up the oldest segments, never the current one, whose epochs are all <= epoch. Returns how many. */
  removeThrough(epoch: number, countMax: number = Number.POSITIVE_INFINITY): number {
    let removed = 0;
    while (removed < countMax && this.segments.length > 1 && this.segments[0].lastEpoch <= epoch) {
      const { segment } = this.segments[0];
      const path = segmentPath(this.#directory, segment);
      const isKept = segment >= this.#firstOwnSegment && this.#spares.hasRoom;
      callStorage(path, () => (isKept ? this.#spares.add(segment) : this.#fileSystem.remove(path)));
      this.segments.shift();
      removed++;
    }
    return removed;
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  get #current(): SegmentInfo {
    const current = this.segments.at(-1);
    assert(current !== undefined, 'a delta lies in a segment');
    return current;
  }

  get #open(): PaddedFile {
    assert(this.#file !== undefined, 'a closed writer writes no more');
    return this.#file;
  }

  #readLastChecksum(last: SegmentInfo | undefined): number {
    if (last === undefined) return 0;
    const { segment, byteLength } = last;
    return readSegment(
      this.#fileSystem,
      this.#directory,
      segment,
      (reader) => reader.endBefore(byteLength).frame.checksum,
    );
  }

  #startSegment(epoch: number, previousEpoch: number): void {
    this.close();
    const segment = this.#nextSegment++;
    const previousEnd = this.segments.at(-1)?.byteLength ?? 0;
    const header = encodeSegmentHeader({ segment, firstEpoch: epoch, previousEpoch, previousEnd });
    this.#spares.segmentBegins(epoch);
    const spare = this.#spares.take();
    this.#call(segment, (path) => {
      if (spare !== undefined) this.#fileSystem.rename(spare, path);
      this.#file = new PaddedFile(this.#fileSystem.open(path, spare === undefined ? 'create' : 'append'));
      this.#file.write(0, header);
    });
    this.#reusesLast = true;
    this.segments.push({ segment, firstEpoch: epoch, lastEpoch: epoch, byteLength: header.length });
  }

  #openCurrent(): PaddedFile {
    const { segment, byteLength } = this.#current;
    const file = this.#call(segment, (path) => new PaddedFile(this.#fileSystem.open(path, 'append')));
    assert(file.byteLength === byteLength, 'recovery has cut off what lies beyond the last committed delta');
    return file;
  }

  /** Writes one frame of the delta and returns its checksum. */
  #write(kind: number, payload: Uint8Array): number {
    const { epoch, framesChecksum } = this.#delta as OpenDelta;
    const byteLength = FRAME_HEADER_BYTES + payload.length;
    const target = this.#room(byteLength);
    const checksum = encodeFrame(target, kind, epoch, payload);
    const file = this.#open;
    // No Buffer, whose `slice` does not copy: this memory is used again, and a file system may want to keep the bytes.
    const bytes = new Uint8Array(target.buffer, target.byteOffset, byteLength);
    this.#call(this.#current.segment, () => file.write(this.#current.byteLength, bytes));
    this.#current.byteLength += byteLength;
    (this.#delta as OpenDelta).framesChecksum = chainChecksum(framesChecksum, checksum);
    this.#contents.add(kind, checksum, payload.length);
    return checksum;
  }

  #room(byteLength: number): Buffer {
    if (byteLength > SCRATCH_BYTES) return Buffer.allocUnsafe(byteLength);
    if (byteLength > this.#scratch.length) {
      this.#scratch = Buffer.allocUnsafeSlow(Math.min(Math.max(4_096, 2 * byteLength), SCRATCH_BYTES));
    }
    return this.#scratch;
  }

  #refuseAfterFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Calls the file system for a segment; whatever fails is the last call. */
  #call<Result>(segment: number, calls: (path: string) => Result): Result {
    const path = segmentPath(this.#directory, segment);
    try {
      return calls(path);
    } catch (cause) {
      this.#failure = storageFailed(path, cause);
      throw this.#failure;
    }
  }
}
