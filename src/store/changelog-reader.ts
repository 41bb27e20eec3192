/**
 * Reads deltas back and believes nothing: every frame is checked against its checksum, and the whole of a delta against
 * its END and the location that the manifest gave. Whoever finds something else gets DATA_DAMAGED with the file and the
 * offset, never other bytes than were written.
 */
import type { FileSystem, OpenFile } from '../base/file-system.ts';
import {
  chainChecksum,
  decodeBegin,
  decodeEnd,
  decodeFrame,
  type DeltaEnd,
  type DeltaLocation,
  type Frame,
  framePayloadLength,
} from './changelog-frame.ts';
import {
  END_FRAME_BYTES,
  FRAME_HEADER_BYTES,
  KIND_BEGIN,
  KIND_END,
  KIND_LIMIT,
  SEGMENT_HEADER_BYTES,
} from './changelog-layout.ts';
import { decodeSegmentHeader, type SegmentHeader, segmentPath } from './changelog-segment.ts';
import type { ReadBuffer } from './read-buffer.ts';
import { callStorage, damaged } from './storage-failure.ts';

/** How much is read at once. Frames handed out are views of such a window, which is not used again unless somebody wants that. */
const WINDOW_BYTES = 1 << 18;
/**
 * For whoever reads all of a changelog and holds nobody up. What a window cuts off is read again with the next one, and
 * stays in memory twice if frames are kept; so windows are much longer than frames.
 */
export const LONG_WINDOW_BYTES: number = 1 << 22;

/** Where a frame lies, and which one it is. */
export interface ListedPlace {
  readonly checksum: number;
  readonly offsetBytes: number;
  readonly payloadBytes: number;
}

export class SegmentReader {
  readonly path: string;
  readonly header: SegmentHeader;
  readonly #file: OpenFile;
  readonly #windowBytes: number;
  readonly #buffer: ReadBuffer | undefined;
  #window: Buffer = Buffer.alloc(0);
  #windowOffset = 0;

  /** With a `buffer` each window lies there, so a frame is gone when the next one is asked for. */
  constructor(
    fileSystem: FileSystem,
    directory: string,
    segment: number,
    windowBytes: number = WINDOW_BYTES,
    buffer?: ReadBuffer,
  ) {
    this.#windowBytes = windowBytes;
    this.#buffer = buffer;
    this.path = segmentPath(directory, segment);
    if (!callStorage(this.path, () => fileSystem.exists(this.path))) {
      throw damaged(this.path, 0, 'the segment is missing');
    }
    this.#file = callStorage(this.path, () => fileSystem.open(this.path, 'read'));
    try {
      this.header = decodeSegmentHeader(this.#read(0, SEGMENT_HEADER_BYTES), this.path, segment);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  get byteLength(): number {
    return callStorage(this.path, () => this.#file.byteLength());
  }

  /** The frame at an offset, which must end at or before `end`. */
  frame(offset: number, end: number): Frame {
    const header = this.#view(offset, Math.min(FRAME_HEADER_BYTES, end - offset), end);
    if (header.length < FRAME_HEADER_BYTES) throw damaged(this.path, offset, 'a frame is cut off');
    const byteLength = FRAME_HEADER_BYTES + framePayloadLength(header);
    const frame = offset + byteLength <= end ? decodeFrame(this.#view(offset, byteLength, end)) : undefined;
    if (frame === undefined) throw damaged(this.path, offset, 'a frame is not what was written');
    return frame;
  }

  /** The payload of a frame of which the place and the checksum are known; in memory of its own, or in `into`. */
  listedFrame({ offsetBytes, payloadBytes, checksum }: ListedPlace, into?: ReadBuffer): Buffer {
    const byteLength = FRAME_HEADER_BYTES + payloadBytes;
    const frame = decodeFrame(this.#read(offsetBytes, byteLength, into?.room(byteLength)));
    if (frame?.checksum !== checksum) throw damaged(this.path, offsetBytes, 'a frame is not what was written');
    return frame.payload;
  }

  /** What is there, true or not, in memory of its own or in `into`; fewer bytes only where the file ends. */
  uncheckedBytes(offset: number, byteLength: number, into?: ReadBuffer): Buffer {
    return this.#read(offset, byteLength, into?.room(byteLength));
  }

  /** The END frame that ends at an offset, and what it says. */
  endBefore(end: number): { frame: Frame; said: DeltaEnd } {
    const offset = end - END_FRAME_BYTES;
    if (offset < SEGMENT_HEADER_BYTES) throw damaged(this.path, Math.max(end, 0), 'no delta ends here');
    // Read past the window: whoever goes backwards needs just this.
    const frame = decodeFrame(this.#read(offset, END_FRAME_BYTES));
    const said = frame?.kind === KIND_END ? decodeEnd(frame.payload) : undefined;
    if (frame === undefined || said === undefined) throw damaged(this.path, offset, 'no delta ends here');
    if (end - said.byteLength < SEGMENT_HEADER_BYTES) throw damaged(this.path, offset, 'a delta is longer than can be');
    return { frame, said };
  }

  close(): void {
    this.#file.close();
  }

  #view(offset: number, byteLength: number, end: number): Buffer {
    const inWindow = offset - this.#windowOffset;
    if (inWindow < 0 || inWindow + byteLength > this.#window.length) {
      const windowBytes = Math.max(byteLength, Math.min(this.#windowBytes, end - offset));
      this.#window = this.#read(offset, windowBytes, this.#buffer?.room(windowBytes));
      this.#windowOffset = offset;
      return this.#window.subarray(0, byteLength);
    }
    return this.#window.subarray(inWindow, inWindow + byteLength);
  }

  #read(offset: number, byteLength: number, into?: Uint8Array): Buffer {
    const bytes = callStorage(this.path, () => this.#file.readAt(offset, byteLength, into));
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }
}

/** Opens a segment for one use of it. */
export function readSegment<Result>(
  fileSystem: FileSystem,
  directory: string,
  segment: number,
  read: (reader: SegmentReader) => Result,
): Result {
  const reader = new SegmentReader(fileSystem, directory, segment);
  try {
    return read(reader);
  } finally {
    reader.close();
  }
}

/**
 * The payload frames of one delta in order; a generator, so that the caller can take it in slices. A frame is checked
 * before it is handed out, the delta as a whole when the last one was, so nothing may be made final before it is done.
 * With a `buffer` each frame is gone when the next one is asked for.
 */
export function* readDelta(
  fileSystem: FileSystem,
  directory: string,
  location: DeltaLocation,
  buffer?: ReadBuffer,
): Generator<{ kind: number; bytes: Uint8Array }, void, undefined> {
  const reader = new SegmentReader(fileSystem, directory, location.segment, WINDOW_BYTES, buffer);
  try {
    yield* deltaFrames(reader, location);
  } finally {
    reader.close();
  }
}

/** The same from a segment that is open. */
export function* deltaFrames(
  reader: SegmentReader,
  location: DeltaLocation,
): Generator<{ kind: number; bytes: Uint8Array }, void, undefined> {
  const end = checkedEnd(reader, location);
  const begin = reader.frame(location.offsetBytes, end.offset);
  const link = begin.kind === KIND_BEGIN && begin.epoch === end.epoch ? decodeBegin(begin.payload) : undefined;
  if (link?.previousEpoch !== end.previousEpoch || link.previousChecksum !== end.previousChecksum) {
    throw damaged(reader.path, location.offsetBytes, 'a delta does not begin here');
  }
  let offset = location.offsetBytes + FRAME_HEADER_BYTES + begin.payload.length;
  let framesChecksum = chainChecksum(0, begin.checksum);
  let frameCount = 0;
  for (; offset < end.offset; frameCount++) {
    const frame = reader.frame(offset, end.offset);
    if (frame.epoch !== end.epoch) {
      throw damaged(reader.path, offset, `a frame of epoch ${frame.epoch} is in its place`);
    }
    framesChecksum = chainChecksum(framesChecksum, frame.checksum);
    if (frame.kind < KIND_LIMIT) yield { kind: frame.kind, bytes: frame.payload };
    offset += FRAME_HEADER_BYTES + frame.payload.length;
  }
  if (frameCount !== end.frameCount || framesChecksum !== end.framesChecksum) {
    throw damaged(reader.path, end.offset, 'frames of the delta are missing or in another order');
  }
}

/** What ends the delta at a location; by its checksum no other one, and no other version of it. */
export interface CheckedEnd extends DeltaEnd {
  readonly epoch: number;
  readonly offset: number;
}

export function checkedEnd(reader: SegmentReader, location: DeltaLocation): CheckedEnd {
  const end = location.offsetBytes + location.byteLength;
  const { frame, said } = reader.endBefore(end);
  if (frame.checksum !== location.checksum || said.byteLength !== location.byteLength) {
    throw damaged(reader.path, end - END_FRAME_BYTES, 'it is not the delta that was committed');
  }
  return { ...said, epoch: frame.epoch, offset: end - END_FRAME_BYTES };
}
