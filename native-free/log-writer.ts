/**
 * Appends batches to one log and makes them durable. The commit queue owns it. When an append or a sync has failed, the
 * log is not touched again (I9).
 */
import { crc32 } from 'node:zlib';
import { assert } from '../src/base/assert.ts';
import type { FileSystem, OpenFile } from '../src/base/file-system.ts';
import { writeU32 } from './little-endian.ts';
import {
  LOG_BYTES_MAX,
  LOG_HEADER_BYTES,
  LOG_MAGIC,
  RECORD_CRC,
  RECORD_DURABLE,
  RECORD_HEADER_BYTES,
  RECORD_LOG,
  RECORD_MAGIC,
  RECORD_OFFSET,
  RECORD_PAYLOAD_BYTES,
  RECORD_PAYLOAD_CRC,
} from './log-layout.ts';
import { logPath } from './file-names.ts';

export function logHeader(number: number): Uint8Array {
  const bytes = new Uint8Array(LOG_HEADER_BYTES);
  writeU32(bytes, 0, LOG_MAGIC);
  writeU32(bytes, 4, number);
  writeU32(bytes, 8, crc32(bytes.subarray(0, 8)));
  return bytes;
}

export class LogWriter {
  readonly number: number;
  byteLength: number;
  durableBytes: number;
  readonly #file: OpenFile;

  /** For a log that is there, synced, and ends at `byteLength`. */
  constructor(file: OpenFile, number: number, byteLength: number) {
    this.#file = file;
    this.number = number;
    this.byteLength = byteLength;
    this.durableBytes = byteLength;
  }

  /** A new log, durable with its name. It belongs to the store once the manifest names it. */
  static async create(fileSystem: FileSystem, directory: string, number: number): Promise<LogWriter> {
    const file = fileSystem.open(logPath(directory, number), 'create');
    file.append(logHeader(number));
    await file.sync();
    await fileSystem.syncDirectory(directory);
    return new LogWriter(file, number, LOG_HEADER_BYTES);
  }

  /** Appends a record; its header is filled in here, in front of the payload. */
  append(record: Uint8Array): void {
    assert(this.byteLength + record.length <= LOG_BYTES_MAX, 'a log and its batches stay below 4 GiB');
    const payload = record.subarray(RECORD_HEADER_BYTES);
    writeU32(record, 0, RECORD_MAGIC);
    writeU32(record, RECORD_PAYLOAD_BYTES, payload.length);
    writeU32(record, RECORD_OFFSET, this.byteLength);
    writeU32(record, RECORD_DURABLE, this.durableBytes);
    writeU32(record, RECORD_LOG, this.number);
    writeU32(record, RECORD_PAYLOAD_CRC, crc32(payload));
    writeU32(record, RECORD_CRC, crc32(record.subarray(0, RECORD_CRC)));
    this.#file.append(record);
    this.byteLength += record.length;
  }

  async sync(): Promise<void> {
    const byteLength = this.byteLength;
    await this.#file.sync();
    this.durableBytes = byteLength;
  }

  /** Says behind the last batch that it is durable. Need not be synced itself. */
  appendNote(): void {
    this.append(new Uint8Array(RECORD_HEADER_BYTES));
  }

  close(): void {
    this.#file.close();
  }
}
