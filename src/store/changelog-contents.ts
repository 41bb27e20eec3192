/**
 * What lies in a delta, as its writer has listed it: so that a start reads the frames that it needs at once and leaves
 * the others where they are. A list is believed when the delta's END confirms it; otherwise there is none, and the
 * delta is to be read as a whole, which finds whatever is damaged.
 */
import { chainChecksum, decodeFrame, type DeltaLocation, type Frame } from './changelog-frame.ts';
import {
  CONTENTS_LENGTH_BYTES,
  FRAME_HEADER_BYTES,
  KIND_CONTENTS,
  LISTED_BYTES,
  LISTED_CHECKSUM,
  LISTED_KIND,
  LISTED_LENGTH,
} from './changelog-layout.ts';
import { checkedEnd, type ListedPlace, type SegmentReader } from './changelog-reader.ts';

/** A frame of a delta, and where it lies in its segment. */
export interface ListedFrame extends ListedPlace {
  readonly kind: number;
}

/** Notes the frames of one delta after the other, as they are written. */
export class ContentsDraft {
  #bytes = Buffer.alloc(16 * LISTED_BYTES);
  #length = 0;

  clear(): void {
    this.#length = 0;
  }

  add(kind: number, checksum: number, payloadBytes: number): void {
    if (this.#length + LISTED_BYTES > this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes, this.#bytes]);
    const at = this.#length;
    this.#bytes.writeUInt32LE(checksum, at + LISTED_CHECKSUM);
    this.#bytes.writeUInt16LE(kind, at + LISTED_KIND);
    this.#bytes.writeUInt32LE(payloadBytes, at + LISTED_LENGTH);
    this.#length += LISTED_BYTES;
  }

  /** The payload of CONTENTS. */
  encode(): Buffer {
    const payload = Buffer.alloc(this.#length + CONTENTS_LENGTH_BYTES);
    this.#bytes.copy(payload, 0, 0, this.#length);
    payload.writeUInt32LE(FRAME_HEADER_BYTES + payload.length, this.#length);
    return payload;
  }
}

/** The frames of a delta from BEGIN on, or undefined if it has no list that its END confirms. */
export function readContents(reader: SegmentReader, location: DeltaLocation): ListedFrame[] | undefined {
  const end = checkedEnd(reader, location);
  const length = reader.uncheckedBytes(end.offset - CONTENTS_LENGTH_BYTES, CONTENTS_LENGTH_BYTES);
  if (length.length < CONTENTS_LENGTH_BYTES) return undefined;
  const offset = end.offset - length.readUInt32LE();
  if (offset <= location.offsetBytes || offset > end.offset - FRAME_HEADER_BYTES) return undefined;
  const contents = decodeFrame(reader.uncheckedBytes(offset, end.offset - offset));
  if (contents?.kind !== KIND_CONTENTS || contents.epoch !== end.epoch) return undefined;
  const frames = listedFrames(contents, location.offsetBytes);
  const last = frames.at(-1);
  if (last === undefined || last.offsetBytes + FRAME_HEADER_BYTES + last.payloadBytes !== offset) return undefined;
  // END counts CONTENTS, which lists BEGIN instead of itself.
  if (frames.length !== end.frameCount) return undefined;
  const checksums = frames.reduce((sum, { checksum }) => chainChecksum(sum, checksum), 0);
  return chainChecksum(checksums, contents.checksum) === end.framesChecksum ? frames : undefined;
}

function listedFrames({ payload }: Frame, firstOffset: number): ListedFrame[] {
  const frames: ListedFrame[] = [];
  let offsetBytes = firstOffset;
  for (let at = 0; at + LISTED_BYTES <= payload.length - CONTENTS_LENGTH_BYTES; at += LISTED_BYTES) {
    const payloadBytes = payload.readUInt32LE(at + LISTED_LENGTH);
    const kind = payload.readUInt16LE(at + LISTED_KIND);
    frames.push({ kind, checksum: payload.readUInt32LE(at + LISTED_CHECKSUM), offsetBytes, payloadBytes });
    offsetBytes += FRAME_HEADER_BYTES + payloadBytes;
  }
  return frames;
}
