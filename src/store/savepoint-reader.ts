/**
 * Reads the files of a savepoint and believes nothing: each block is checked before its records are handed out, the file
 * as a whole when the last one was. So whoever reads must make nothing final before the end.
 */
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
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
import type { SavepointFile } from './savepoint-writer.ts';
import { callStorage, savepointDamaged, tooNew } from './storage-failure.ts';

/** A record; its key is empty unless it is one of state. The bytes are the reader's own until the next block. */
export interface SavepointRecord {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** The records of a file, block by block. */
export function* readSavepointFile(
  fileSystem: FileSystem,
  directory: string,
  said: SavepointFile,
  digest: RecordDigest,
): Generator<readonly SavepointRecord[], void, undefined> {
  const path = join(directory, said.name);
  if (!callStorage(path, () => fileSystem.exists(path))) throw savepointDamaged(path, 0, 'the file is missing');
  const file = callStorage(path, () => fileSystem.open(path, 'read'));
  try {
    const found = callStorage(path, () => file.byteLength());
    if (found !== said.byteLength) {
      const what = `it is ${found} bytes long instead of ${said.byteLength}`;
      throw savepointDamaged(path, Math.min(found, said.byteLength), what);
    }
    yield* new BlockReader(path, file, said, digest).blocks();
  } finally {
    file.close();
  }
}

class BlockReader {
  readonly #path: string;
  readonly #file: OpenFile;
  readonly #said: SavepointFile;
  readonly #digest: RecordDigest;
  #offset = SAVEPOINT_HEADER_BYTES;
  #blockCount = 0;
  #recordCount = 0;
  #lastKey: Buffer | undefined;

  constructor(path: string, file: OpenFile, said: SavepointFile, digest: RecordDigest) {
    this.#path = path;
    this.#file = file;
    this.#said = said;
    this.#digest = digest;
  }

  *blocks(): Generator<readonly SavepointRecord[], void, undefined> {
    const { byteLength, checksum: expected, recordCount } = this.#said;
    let checksum = chainChecksum(0, this.#header());
    while (this.#offset < byteLength) {
      const block = this.#block();
      checksum = chainChecksum(checksum, block.readUInt32LE(BLOCK_CHECKSUM));
      const records = this.#records(block);
      this.#offset += block.length;
      yield records;
    }
    if (checksum !== expected || this.#recordCount !== recordCount) {
      throw this.#damaged(byteLength, 'it is not the file that belongs to this savepoint');
    }
  }

  /** Returns its checksum. */
  #header(): number {
    const header = this.#read(0, SAVEPOINT_HEADER_BYTES);
    if (header.length < SAVEPOINT_HEADER_BYTES) throw this.#damaged(0, 'the header is cut off');
    const checksum = header.readUInt32LE(SAVEPOINT_HEADER_CHECKSUM);
    const isIntact = crc32(header.subarray(0, SAVEPOINT_HEADER_CHECKSUM)) === checksum;
    if (!isIntact || !header.subarray(0, SAVEPOINT_VERSION).equals(SAVEPOINT_MAGIC)) {
      throw this.#damaged(0, 'the header is not what was written');
    }
    const version = header.readUInt32LE(SAVEPOINT_VERSION);
    if (version > SAVEPOINT_FORMAT_VERSION) throw tooNew(this.#path, version, SAVEPOINT_FORMAT_VERSION);
    const { content, firstKeyGroup, endKeyGroup } = this.#said;
    const range = [SAVEPOINT_CONTENT, SAVEPOINT_FIRST_GROUP, SAVEPOINT_END_GROUP].map((at) => header.readUInt16LE(at));
    if (range[0] !== content || range[1] !== firstKeyGroup || range[2] !== endKeyGroup) {
      throw this.#damaged(SAVEPOINT_CONTENT, 'it holds something else than its name says');
    }
    return checksum;
  }

  #block(): Buffer {
    const offset = this.#offset;
    const header = this.#read(offset, BLOCK_HEADER_BYTES);
    const rest = this.#said.byteLength - offset - BLOCK_HEADER_BYTES;
    const isCut = header.length < BLOCK_HEADER_BYTES || header.readUInt32LE(BLOCK_LENGTH) > rest;
    if (isCut) throw this.#damaged(offset, 'a block is cut off');
    const block = this.#read(offset, BLOCK_HEADER_BYTES + header.readUInt32LE(BLOCK_LENGTH));
    const isIntact = crc32(block.subarray(BLOCK_LENGTH)) === block.readUInt32LE(BLOCK_CHECKSUM);
    if (!isIntact) throw this.#damaged(offset, 'a block is not what was written');
    if (block.readUInt32LE(BLOCK_NUMBER) !== this.#blockCount++)
      throw this.#damaged(offset, 'a block is in another place');
    return block;
  }

  #records(block: Buffer): SavepointRecord[] {
    const records: SavepointRecord[] = [];
    for (let at = BLOCK_HEADER_BYTES; at < block.length; ) {
      const keyStart = at + RECORD_HEADER_BYTES;
      const isHeadThere = keyStart <= block.length;
      const keyEnd = isHeadThere ? keyStart + block.readUInt16LE(at + RECORD_KEY_LENGTH) : keyStart;
      const end = isHeadThere ? keyEnd + block.readUInt32LE(at + RECORD_VALUE_LENGTH) : keyStart;
      if (end > block.length) throw this.#damaged(this.#offset + at, 'a record is longer than its block');
      const key = block.subarray(keyStart, keyEnd);
      this.#digest.add(block, at, end, this.#checkedGroup(key, this.#offset + at));
      records.push({ key, value: block.subarray(keyEnd, end) });
      at = end;
    }
    this.#digest.settle();
    if (records.length !== block.readUInt32LE(BLOCK_RECORD_COUNT))
      throw this.#damaged(this.#offset, 'records are missing');
    this.#recordCount += records.length;
    return records;
  }

  /** State lies in the order of its keys, and in the file of its key groups. */
  #checkedGroup(key: Buffer, offset: number): number {
    const { content, firstKeyGroup, endKeyGroup } = this.#said;
    if (content !== CONTENT_STATE) return 0;
    const keyGroup = key.length < 2 ? -1 : keyGroupOfKey(key);
    const isInRange = keyGroup >= firstKeyGroup && keyGroup < endKeyGroup;
    const isInOrder = this.#lastKey === undefined || this.#lastKey.compare(key) < 0;
    if (!isInRange || !isInOrder) throw this.#damaged(offset, 'a key is not in its place');
    this.#lastKey = key;
    return keyGroup;
  }

  #read(offset: number, byteLength: number): Buffer {
    const bytes = callStorage(this.#path, () => this.#file.readAt(offset, byteLength));
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  #damaged(offset: number, what: string): Error {
    return savepointDamaged(this.#path, offset, what);
  }
}
