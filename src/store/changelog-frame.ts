/**
 * Frames of a changelog to bytes and back, and what BEGIN and END say. Pure: files are the business of the writer and
 * the reader, and so is the order of frames.
 */
import { crc32 } from 'node:zlib';
import {
  BEGIN_PAYLOAD_BYTES,
  CHAIN_PREVIOUS_CHECKSUM,
  CHAIN_PREVIOUS_EPOCH,
  END_DELTA_LENGTH,
  END_FRAME_COUNT,
  END_FRAMES_CHECKSUM,
  END_PAYLOAD_BYTES,
  FRAME_CHECKSUM,
  FRAME_EPOCH,
  FRAME_HEADER_BYTES,
  FRAME_KIND,
  FRAME_LENGTH,
  WIDE_BYTES,
} from './changelog-layout.ts';

/** Where one delta lies. The manifest holds it. */
export interface DeltaLocation {
  readonly segment: number;
  readonly offsetBytes: number;
  /** From BEGIN to END, both included. */
  readonly byteLength: number;
  /** That of the END frame, which covers those of all other frames and of the deltas before. */
  readonly checksum: number;
}

export interface Frame {
  readonly kind: number;
  readonly epoch: number;
  readonly checksum: number;
  readonly payload: Buffer;
}

/** The delta before: its epoch, and the checksum of its END, or 0 where there is none. */
export interface ChainLink {
  readonly previousEpoch: number;
  readonly previousChecksum: number;
}

/** What END says of its delta. */
export interface DeltaEnd extends ChainLink {
  readonly framesChecksum: number;
  readonly frameCount: number;
  readonly byteLength: number;
}

/** Writes a frame into `target`, which must have room for it. Returns its checksum. */
export function encodeFrame(target: Buffer, kind: number, epoch: number, payload: Uint8Array): number {
  target.writeUInt32LE(payload.length, FRAME_LENGTH);
  target.writeUInt16LE(kind, FRAME_KIND);
  target.writeUIntLE(epoch, FRAME_EPOCH, WIDE_BYTES);
  target.set(payload, FRAME_HEADER_BYTES);
  const checksum = crc32(target.subarray(FRAME_LENGTH, FRAME_HEADER_BYTES + payload.length));
  target.writeUInt32LE(checksum, FRAME_CHECKSUM);
  return checksum;
}

/** The frame that all these bytes are, or undefined if they are none. */
export function decodeFrame(bytes: Buffer): Frame | undefined {
  if (bytes.length < FRAME_HEADER_BYTES || framePayloadLength(bytes) !== bytes.length - FRAME_HEADER_BYTES) return;
  const checksum = bytes.readUInt32LE(FRAME_CHECKSUM);
  if (crc32(bytes.subarray(FRAME_LENGTH)) !== checksum) return;
  return {
    kind: bytes.readUInt16LE(FRAME_KIND),
    epoch: bytes.readUIntLE(FRAME_EPOCH, WIDE_BYTES),
    checksum,
    payload: bytes.subarray(FRAME_HEADER_BYTES),
  };
}

/** What a frame's header says of its length, true or not. */
export function framePayloadLength(header: Buffer): number {
  return header.readUInt32LE(FRAME_LENGTH);
}

/** The checksum over the checksums of frames, continued by one frame. It starts as 0. */
export function chainChecksum(checksums: number, frameChecksum: number): number {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32LE(frameChecksum);
  return crc32(bytes, checksums);
}

export function encodeBegin(link: ChainLink): Buffer {
  const payload = Buffer.alloc(BEGIN_PAYLOAD_BYTES);
  writeLink(payload, link);
  return payload;
}

/** What BEGIN says, or undefined if these bytes cannot be that. */
export function decodeBegin(payload: Buffer): ChainLink | undefined {
  return payload.length === BEGIN_PAYLOAD_BYTES ? readLink(payload) : undefined;
}

export function encodeEnd(end: DeltaEnd): Buffer {
  const payload = Buffer.alloc(END_PAYLOAD_BYTES);
  writeLink(payload, end);
  payload.writeUInt32LE(end.framesChecksum, END_FRAMES_CHECKSUM);
  payload.writeUInt32LE(end.frameCount, END_FRAME_COUNT);
  payload.writeUIntLE(end.byteLength, END_DELTA_LENGTH, WIDE_BYTES);
  return payload;
}

export function decodeEnd(payload: Buffer): DeltaEnd | undefined {
  if (payload.length !== END_PAYLOAD_BYTES) return;
  return {
    ...readLink(payload),
    framesChecksum: payload.readUInt32LE(END_FRAMES_CHECKSUM),
    frameCount: payload.readUInt32LE(END_FRAME_COUNT),
    byteLength: payload.readUIntLE(END_DELTA_LENGTH, WIDE_BYTES),
  };
}

function writeLink(payload: Buffer, { previousEpoch, previousChecksum }: ChainLink): void {
  payload.writeUIntLE(previousEpoch, CHAIN_PREVIOUS_EPOCH, WIDE_BYTES);
  payload.writeUInt32LE(previousChecksum, CHAIN_PREVIOUS_CHECKSUM);
}

function readLink(payload: Buffer): ChainLink {
  return {
    previousEpoch: payload.readUIntLE(CHAIN_PREVIOUS_EPOCH, WIDE_BYTES),
    previousChecksum: payload.readUInt32LE(CHAIN_PREVIOUS_CHECKSUM),
  };
}
