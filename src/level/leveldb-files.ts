/**
 * Compares the files of a LevelDB with their checksums, which LevelDB itself does not do: damaged tables make it lose
 * keys without a word, and a damaged log makes it skip batches. It only reads, in slices (I10), and may run while the
 * database is open: a file that disappears meanwhile was replaced, and needs no check.
 */
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { damaged } from '../store/storage-failure.ts';
import { maskedCrc32c } from './crc32c.ts';
import {
  BLOCK_TRAILER_BYTES,
  FOOTER_BYTES,
  FOOTER_MAGIC,
  LOG_BLOCK_BYTES,
  LOG_FIRST,
  LOG_HEADER_BYTES,
  LOG_LENGTH,
  LOG_TYPE,
  LOG_WHOLE,
  NOT_COMPRESSED,
} from './leveldb-layout.ts';

/** Verifies all tables. Throws DATA_DAMAGED with the file and the offset of the first block that is not what it was. */
export async function verifyTables(directory: string): Promise<void> {
  for (const name of await namesOf(directory, '.ldb')) await withFile(join(directory, name), verifyTable);
}

/** Verifies all logs, but for their torn ends. Throws DATA_DAMAGED where a batch is missing that others follow. */
export async function verifyLogs(directory: string): Promise<void> {
  for (const name of await namesOf(directory, '.log')) await withFile(join(directory, name), verifyLog);
}

async function namesOf(directory: string, extension: string): Promise<string[]> {
  const names = await readdir(directory).catch((error: unknown) => unlessMissing(error) ?? []);
  return names.filter((name) => name.endsWith(extension)).toSorted();
}

async function withFile(path: string, verify: (file: LevelFile) => Promise<void>): Promise<void> {
  const handle = await open(path).catch(unlessMissing);
  if (handle === undefined) return;
  try {
    const { size } = await handle.stat();
    await verify({ path, byteLength: size, read: (bytes, offset) => handle.read(bytes, 0, bytes.length, offset) });
  } finally {
    await handle.close();
  }
}

function unlessMissing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}

interface LevelFile {
  readonly path: string;
  readonly byteLength: number;
  read(bytes: Uint8Array, offsetBytes: number): Promise<{ readonly bytesRead: number }>;
}

/** Where a block lies, without its trailer. */
interface BlockHandle {
  readonly offsetBytes: number;
  readonly byteLength: number;
}

async function verifyTable(file: LevelFile): Promise<void> {
  const footer = await readBytes(file, file.byteLength - FOOTER_BYTES, FOOTER_BYTES);
  const magicAt = FOOTER_BYTES - FOOTER_MAGIC.length;
  if (footer === undefined || !FOOTER_MAGIC.every((byte, index) => footer[magicAt + index] === byte)) {
    throw damaged(file.path, Math.max(0, file.byteLength - FOOTER_BYTES), 'the end of the table is not there');
  }
  const reader = new VarintReader(footer);
  const directories = [reader.handle(), reader.handle()];
  let nextOffset = 0;
  for (const handle of (await Promise.all(directories.map((each) => readIndex(file, each))))
    .flat()
    .toSorted(byOffset)) {
    // Blocks follow each other without gaps, or one has been lost from the index.
    if (handle.offsetBytes !== nextOffset)
      throw damaged(file.path, nextOffset, 'there is no block where one should be');
    await readBlock(file, handle);
    nextOffset = handle.offsetBytes + handle.byteLength + BLOCK_TRAILER_BYTES;
  }
}

function byOffset(a: BlockHandle, b: BlockHandle): number {
  return a.offsetBytes - b.offsetBytes;
}

/** The verified contents of a block, and its compression behind them. */
async function readBlock(file: LevelFile, { offsetBytes, byteLength }: BlockHandle): Promise<Uint8Array> {
  const block = await readBytes(file, offsetBytes, byteLength + BLOCK_TRAILER_BYTES);
  const checksumAt = byteLength + 1;
  if (block === undefined || readU32(block, checksumAt) !== maskedCrc32c(block, 0, checksumAt)) {
    throw damaged(file.path, offsetBytes, `the block of ${byteLength} bytes does not match its checksum`);
  }
  return block.subarray(0, checksumAt);
}

/** The blocks that an index block names. */
async function readIndex(file: LevelFile, handle: BlockHandle): Promise<BlockHandle[]> {
  const block = await readBlock(file, handle);
  // The store writes none that are compressed; of one that is, the checksum is all that can be verified.
  if (block[handle.byteLength] !== NOT_COMPRESSED) return [];
  const restartCount = readU32(block, handle.byteLength - 4);
  const end = handle.byteLength - 4 - restartCount * 4;
  const handles: BlockHandle[] = [];
  for (const reader = new VarintReader(block); reader.at < end; ) {
    reader.varint();
    const unsharedBytes = reader.varint();
    const valueBytes = reader.varint();
    const valueAt = reader.at + unsharedBytes;
    handles.push(new VarintReader(block, valueAt).handle());
    reader.at = valueAt + valueBytes;
  }
  return handles;
}

async function verifyLog(file: LevelFile): Promise<void> {
  const size = file.byteLength;
  let badAt = -1;
  for (let blockAt = 0; blockAt < size; blockAt += LOG_BLOCK_BYTES) {
    const block = await readBytes(file, blockAt, Math.min(LOG_BLOCK_BYTES, size - blockAt));
    if (block === undefined) return;
    for (let at = 0; at + LOG_HEADER_BYTES <= LOG_BLOCK_BYTES && at < block.length; ) {
      const payloadEnd = recordEnd(block, at);
      const type = block[at + LOG_TYPE];
      if (payloadEnd < 0) badAt = badAt < 0 ? blockAt + at : badAt;
      if (payloadEnd < 0) break;
      if (badAt >= 0 && (type === LOG_WHOLE || type === LOG_FIRST)) {
        throw damaged(file.path, badAt, 'the log cannot be read here, although later batches follow');
      }
      at = payloadEnd;
    }
  }
}

/** Where the record ends that begins here, or -1 if it is not what was written. */
function recordEnd(block: Uint8Array, at: number): number {
  if (at + LOG_HEADER_BYTES > block.length) return -1;
  const length = block[at + LOG_LENGTH] | (block[at + LOG_LENGTH + 1] << 8);
  const end = at + LOG_HEADER_BYTES + length;
  if (end > block.length) return -1;
  return readU32(block, at) === maskedCrc32c(block, at + LOG_TYPE, end) ? end : -1;
}

/** Exactly these bytes, or undefined where the file has not got them. */
async function readBytes(file: LevelFile, offsetBytes: number, byteLength: number): Promise<Uint8Array | undefined> {
  if (offsetBytes < 0 || offsetBytes + byteLength > file.byteLength) return undefined;
  const bytes = new Uint8Array(byteLength);
  const { bytesRead } = await file.read(bytes, offsetBytes);
  return bytesRead === byteLength ? bytes : undefined;
}

function readU32(bytes: Uint8Array, at: number): number {
  return (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;
}

class VarintReader {
  at: number;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.at = at;
  }

  varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#bytes[this.at++] ?? 0;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }

  handle(): BlockHandle {
    return { offsetBytes: this.varint(), byteLength: this.varint() };
  }
}
