/**
 * A frame of records that a recovery has found: its bytes, or where they lie. As long as it lies there, a record is read
 * with the blocks around it, each of which is checked; nothing that was not checked is ever handed out.
 */
import { crc32 } from 'node:zlib';
import { type RecordSpan, readRecord } from '../../state/record-reader.ts';
import { FRAME_HEADER_BYTES } from '../../store/changelog-layout.ts';
import type { ListedPlace, SegmentReader } from '../../store/changelog-reader.ts';
import type { ReadBuffer } from '../../store/read-buffer.ts';
import { damaged } from '../../store/storage-failure.ts';
import { BLOCK_BYTES } from './record-index-layout.ts';

/** Where a frame lies that has not been read. */
export interface FramePlace extends ListedPlace {
  readonly segment: number;
  /** Of its blocks. */
  readonly checksums: Int32Array;
  /** For the blocks of one record at a time, of whatever frame. */
  readonly buffer: ReadBuffer;
  /** The segment, open. */
  reader(segment: number): SegmentReader;
}

export class RecordFrame {
  readonly byteLength: number;
  /** Of the run, as in `DirtyEntities`. */
  readonly epoch: number;
  #bytes: Buffer | undefined;
  #place: FramePlace | undefined;
  /** The blocks that were read last, where they begin, and when the buffer that they lie in was used for them. */
  #piece: Buffer | undefined;
  #pieceStart = 0;
  #pieceUse = 0;

  private constructor(epoch: number, byteLength: number, bytes: Buffer | undefined, place: FramePlace | undefined) {
    this.epoch = epoch;
    this.byteLength = byteLength;
    this.#bytes = bytes;
    this.#place = place;
  }

  /** Its bytes must not change any more. */
  static of(bytes: Buffer, epoch: number): RecordFrame {
    return new RecordFrame(epoch, bytes.length, bytes, undefined);
  }

  static at(place: FramePlace, epoch: number): RecordFrame {
    return new RecordFrame(epoch, place.payloadBytes, undefined, place);
  }

  get isLoaded(): boolean {
    return this.#bytes !== undefined;
  }

  /**
   * Where the parts of the record from `start` to at most `end` lie in the bytes that are returned. They stay until the
   * next record is located, of whatever frame.
   */
  locate(start: number, end: number, span: RecordSpan): Buffer {
    if (this.#bytes !== undefined) {
      readRecord(this.#bytes, start, span);
      return this.#bytes;
    }
    const piece = this.#read(start, end);
    readRecord(piece, start - this.#pieceStart, span);
    return piece;
  }

  /** Reads the whole of it, for good. */
  load(): void {
    if (this.#place === undefined) return;
    const { segment, reader } = this.#place;
    this.#bytes = reader(segment).listedFrame(this.#place);
    this.#place = undefined;
    this.#piece = undefined;
  }

  /** The blocks from `start` to `end`. */
  #read(start: number, end: number): Buffer {
    const from = start - (start % BLOCK_BYTES);
    const to = Math.min(this.byteLength, Math.ceil(end / BLOCK_BYTES) * BLOCK_BYTES);
    const { segment, offsetBytes, checksums, buffer, reader } = this.#place as FramePlace;
    const known = this.#pieceUse === buffer.useCount ? this.#piece : undefined;
    if (known !== undefined && from >= this.#pieceStart && to <= this.#pieceStart + known.length) return known;
    const payloadAt = offsetBytes + FRAME_HEADER_BYTES;
    const file = reader(segment);
    // If it turns out to be damaged, it is not remembered, and what the buffer held before is gone.
    const piece = file.uncheckedBytes(payloadAt + from, to - from, buffer);
    for (let at = from; at < to; at += BLOCK_BYTES) {
      const block = piece.subarray(at - from, Math.min(at + BLOCK_BYTES, to) - from);
      if ((crc32(block) | 0) === checksums[at / BLOCK_BYTES]) continue;
      throw damaged(file.path, payloadAt + at, 'records are not what was written');
    }
    this.#piece = piece;
    this.#pieceStart = from;
    this.#pieceUse = buffer.useCount;
    return piece;
  }
}
