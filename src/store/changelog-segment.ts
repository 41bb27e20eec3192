/**
 * The names and the headers of changelog segments. Names have ten digits so that they sort by number. A segment carries
 * its number inside, too, so that a renamed or copied file is not taken for another.
 */
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { FileSystem } from '../base/file-system.ts';
import {
  CHANGELOG_FORMAT_VERSION,
  SEGMENT_CHECKSUM,
  SEGMENT_FIRST_EPOCH,
  SEGMENT_HEADER_BYTES,
  SEGMENT_MAGIC,
  SEGMENT_NUMBER,
  SEGMENT_PREVIOUS_END,
  SEGMENT_PREVIOUS_EPOCH,
  SEGMENT_VERSION,
  WIDE_BYTES,
} from './changelog-layout.ts';
import { callStorage, damaged, tooNew } from './storage-failure.ts';

/** A segment as its writer and the recovery know it. */
export interface SegmentInfo {
  readonly segment: number;
  readonly firstEpoch: number;
  lastEpoch: number;
  /** Where the last delta that counts ends. */
  byteLength: number;
}

export interface SegmentHeader {
  readonly segment: number;
  readonly firstEpoch: number;
  /** The epoch of the delta before the first one, and where the segment that holds it ends; 0 if there is none. */
  readonly previousEpoch: number;
  readonly previousEnd: number;
}

const SEGMENT_NAME = /^changelog-(\d{10})\.log$/;
const SPARE_NAME = /^changelog-(\d{10})\.old$/;

export function segmentPath(directory: string, segment: number): string {
  return join(directory, `changelog-${String(segment).padStart(10, '0')}.log`);
}

/** Where a segment is kept that nobody needs any more: see `SpareSegments`. */
export function sparePath(directory: string, segment: number): string {
  return join(directory, `changelog-${String(segment).padStart(10, '0')}.old`);
}

/** What a directory holds: the numbers of its segments and of its spares, each ascending. */
export interface ListedSegments {
  readonly segments: number[];
  readonly spares: number[];
}

export function listSegments(fileSystem: FileSystem, directory: string): ListedSegments {
  const names = callStorage(directory, () => fileSystem.list(directory));
  return { segments: numbersIn(names, SEGMENT_NAME), spares: numbersIn(names, SPARE_NAME) };
}

function numbersIn(names: readonly string[], pattern: RegExp): number[] {
  return names
    .map((name) => pattern.exec(name)?.[1])
    .filter((digits) => digits !== undefined)
    .map(Number)
    .sort((a, b) => a - b);
}

export function encodeSegmentHeader(header: SegmentHeader): Uint8Array {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
  bytes.set(SEGMENT_MAGIC);
  bytes.writeUInt32LE(CHANGELOG_FORMAT_VERSION, SEGMENT_VERSION);
  bytes.writeUInt32LE(header.segment, SEGMENT_NUMBER);
  bytes.writeUIntLE(header.firstEpoch, SEGMENT_FIRST_EPOCH, WIDE_BYTES);
  bytes.writeUIntLE(header.previousEpoch, SEGMENT_PREVIOUS_EPOCH, WIDE_BYTES);
  bytes.writeUIntLE(header.previousEnd, SEGMENT_PREVIOUS_END, WIDE_BYTES);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, SEGMENT_CHECKSUM)), SEGMENT_CHECKSUM);
  return bytes;
}

/** Reads and checks the header of a segment. The checksum goes first, or a damaged version would be a new one. */
export function decodeSegmentHeader(bytes: Buffer, file: string, segment: number): SegmentHeader {
  if (bytes.length < SEGMENT_HEADER_BYTES) throw damaged(file, bytes.length, 'it ends within its header');
  const checksum = crc32(bytes.subarray(0, SEGMENT_CHECKSUM));
  if (checksum !== bytes.readUInt32LE(SEGMENT_CHECKSUM) || !bytes.subarray(0, SEGMENT_VERSION).equals(SEGMENT_MAGIC)) {
    throw damaged(file, 0, 'its header is not what was written');
  }
  const version = bytes.readUInt32LE(SEGMENT_VERSION);
  if (version > CHANGELOG_FORMAT_VERSION) throw tooNew(file, version, CHANGELOG_FORMAT_VERSION);
  const number = bytes.readUInt32LE(SEGMENT_NUMBER);
  if (number !== segment) throw damaged(file, SEGMENT_NUMBER, `it is segment ${number} under another name`);
  return {
    segment,
    firstEpoch: bytes.readUIntLE(SEGMENT_FIRST_EPOCH, WIDE_BYTES),
    previousEpoch: bytes.readUIntLE(SEGMENT_PREVIOUS_EPOCH, WIDE_BYTES),
    previousEnd: bytes.readUIntLE(SEGMENT_PREVIOUS_END, WIDE_BYTES),
  };
}
