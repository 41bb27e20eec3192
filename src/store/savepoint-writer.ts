/**
 * Writes one file of a savepoint: records into blocks. Whoever makes the savepoint owns it; it is written once, from
 * beginning to end, and counts for nothing before it is named in `savepoint.json`.
 *
 * Its calls append to the page cache; only `finish` waits for the disk.
 */
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { assert } from '../base/assert.ts';
import type { FileSystem, OpenFile } from '../base/file-system.ts';
import { chainChecksum } from './changelog-frame.ts';
import { keyGroupOfKey } from './key-layout.ts';
import type { RecordDigest } from './savepoint-digest.ts';
import {
  BLOCK_CHECKSUM,
  BLOCK_HEADER_BYTES,
  BLOCK_LENGTH,
  BLOCK_NUMBER,
  BLOCK_RECORD_COUNT,
  CONTENT_COORDINATOR,
  CONTENT_MESSAGES,
  CONTENT_STATE,
  RECORD_HEADER_BYTES,
  RECORD_KEY_LENGTH,
  RECORD_VALUE_LENGTH,
  SAVEPOINT_CONTENT,
  SAVEPOINT_END_GROUP,
  SAVEPOINT_FIRST_GROUP,
  SAVEPOINT_FORMAT_VERSION,
  SAVEPOINT_HEADER_BYTES,
  SAVEPOINT_HEADER_CHECKSUM,
  SAVEPOINT_MAGIC,
  SAVEPOINT_VERSION,
} from './savepoint-layout.ts';
import { callStorage, storageFailed } from './storage-failure.ts';

/** What is collected before it is written. A larger record gets a larger block. */
const BLOCK_BYTES = 1 << 17;

/** What a file of a savepoint holds. */
export interface SavepointRange {
  readonly content: number;
  readonly firstKeyGroup: number;
  /** The key group after the last. */
  readonly endKeyGroup: number;
}

/** A file of a savepoint, as `savepoint.json` names it. */
export interface SavepointFile extends SavepointRange {
  readonly name: string;
  readonly byteLength: number;
  readonly checksum: number;
  readonly recordCount: number;
}

/** The name that says what is in a file. */
export function savepointFileName({ content, firstKeyGroup, endKeyGroup }: SavepointRange): string {
  if (content === CONTENT_COORDINATOR) return 'coordinator.mrc';
  const range = [firstKeyGroup, endKeyGroup].map((group) => String(group).padStart(4, '0')).join('-');
  if (content === CONTENT_STATE) return `state-${range}.mrs`;
  assert(content === CONTENT_MESSAGES, 'content of this version');
  return `messages-${range}.mrm`;
}

export class SavepointWriter {
  readonly #range: SavepointRange;
  readonly #path: string;
  readonly #digest: RecordDigest | undefined;
  readonly #file: OpenFile;
  #block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  #length = BLOCK_HEADER_BYTES;
  #blockRecordCount = 0;
  #blockCount = 0;
  #byteLength = SAVEPOINT_HEADER_BYTES;
  #checksum: number;
  #recordCount = 0;

  /** The directory must be there, and the file must not. */
  constructor(fileSystem: FileSystem, directory: string, range: SavepointRange, digest?: RecordDigest) {
    this.#range = range;
    this.#path = join(directory, savepointFileName(range));
    this.#digest = digest;
    this.#file = callStorage(this.#path, () => fileSystem.open(this.#path, 'create'));
    const header = encodeHeader(range);
    this.#checksum = chainChecksum(0, header.readUInt32LE(SAVEPOINT_HEADER_CHECKSUM));
    this.#append(header);
  }

  /** Adds a record. Those of state come in the order of their keys. */
  put(key: Uint8Array, value: Uint8Array): void {
    const byteLength = RECORD_HEADER_BYTES + key.length + value.length;
    if (this.#length + byteLength > this.#block.length) this.#makeRoom(byteLength);
    const block = this.#block;
    const start = this.#length;
    block.writeUInt16LE(key.length, start + RECORD_KEY_LENGTH);
    block.writeUInt32LE(value.length, start + RECORD_VALUE_LENGTH);
    block.set(key, start + RECORD_HEADER_BYTES);
    block.set(value, start + RECORD_HEADER_BYTES + key.length);
    this.#length = start + byteLength;
    this.#blockRecordCount++;
    this.#digest?.add(block, start, this.#length, this.#range.content === CONTENT_STATE ? keyGroupOfKey(key) : 0);
  }

  /** Writes what is left. Resolves when all is durable, but for the file's name. */
  async finish(): Promise<SavepointFile> {
    this.#writeBlock();
    try {
      await this.#file.sync();
    } catch (cause) {
      throw storageFailed(this.#path, cause);
    } finally {
      this.#file.close();
    }
    const checksum = this.#checksum;
    const name = savepointFileName(this.#range);
    return { name, ...this.#range, byteLength: this.#byteLength, checksum, recordCount: this.#recordCount };
  }

  /** Gives up; what was written stays where it is. */
  close(): void {
    this.#file.close();
  }

  #makeRoom(byteLength: number): void {
    this.#writeBlock();
    const needed = Math.max(BLOCK_BYTES, BLOCK_HEADER_BYTES + byteLength);
    if (needed !== this.#block.length) this.#block = Buffer.allocUnsafeSlow(needed);
  }

  #writeBlock(): void {
    if (this.#blockRecordCount === 0) return;
    this.#digest?.settle();
    const block = this.#block.subarray(0, this.#length);
    block.writeUInt32LE(block.length - BLOCK_HEADER_BYTES, BLOCK_LENGTH);
    block.writeUInt32LE(this.#blockCount++, BLOCK_NUMBER);
    block.writeUInt32LE(this.#blockRecordCount, BLOCK_RECORD_COUNT);
    const checksum = crc32(block.subarray(BLOCK_LENGTH));
    block.writeUInt32LE(checksum, BLOCK_CHECKSUM);
    this.#append(block);
    this.#checksum = chainChecksum(this.#checksum, checksum);
    this.#byteLength += block.length;
    this.#recordCount += this.#blockRecordCount;
    this.#blockRecordCount = 0;
    this.#length = BLOCK_HEADER_BYTES;
  }

  #append(bytes: Buffer): void {
    // No Buffer, whose `slice` does not copy: this memory is used again, and a file system may want to keep the bytes.
    const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    callStorage(this.#path, () => this.#file.append(plain));
  }
}

function encodeHeader({ content, firstKeyGroup, endKeyGroup }: SavepointRange): Buffer {
  const header = Buffer.alloc(SAVEPOINT_HEADER_BYTES);
  header.set(SAVEPOINT_MAGIC);
  header.writeUInt32LE(SAVEPOINT_FORMAT_VERSION, SAVEPOINT_VERSION);
  header.writeUInt16LE(content, SAVEPOINT_CONTENT);
  header.writeUInt16LE(firstKeyGroup, SAVEPOINT_FIRST_GROUP);
  header.writeUInt16LE(endKeyGroup, SAVEPOINT_END_GROUP);
  header.writeUInt32LE(crc32(header.subarray(0, SAVEPOINT_HEADER_CHECKSUM)), SAVEPOINT_HEADER_CHECKSUM);
  return header;
}
