/**
 * Reads a log after a restart: the batches that are whole, and where they end. It tells a torn tail, which is what a
 * crash leaves of batches that nobody was told were durable, from damage, which it reports and never repairs.
 */
import { crc32 } from 'node:zlib';
import type { OpenFile } from '../src/base/file-system.ts';
import { damaged } from '../src/store/storage-failure.ts';
import { copyOfRange } from './entry.ts';
import { readU32, writeU32 } from './little-endian.ts';
import {
  LOG_HEADER_BYTES,
  RECORD_CRC,
  RECORD_DURABLE,
  RECORD_HEADER_BYTES,
  RECORD_LOG,
  RECORD_MAGIC,
  RECORD_OFFSET,
  RECORD_PAYLOAD_BYTES,
  RECORD_PAYLOAD_CRC,
} from './log-layout.ts';
import { logHeader } from './log-writer.ts';

/** Read at once, so that small records do not cost a call each. */
const WINDOW_BYTES = 1 << 18;

const MAGIC_BYTES = new Uint8Array(4);
writeU32(MAGIC_BYTES, 0, RECORD_MAGIC);

/** A part of the file that moves with the reader. */
class Window {
  readonly #file: OpenFile;
  readonly #byteLength: number;
  #start = 0;
  #bytes: Uint8Array = new Uint8Array(0);

  constructor(file: OpenFile, byteLength: number) {
    this.#file = file;
    this.#byteLength = byteLength;
  }

  /** The bytes from `at`, or undefined if the file ends before. Valid until the next call. */
  read(at: number, byteLength: number): Uint8Array | undefined {
    if (at + byteLength > this.#byteLength) return undefined;
    if (at < this.#start || at + byteLength > this.#start + this.#bytes.length) {
      this.#bytes = this.#file.readAt(at, Math.max(byteLength, WINDOW_BYTES));
      this.#start = at;
    }
    const from = at - this.#start;
    return from + byteLength > this.#bytes.length ? undefined : this.#bytes.subarray(from, from + byteLength);
  }

  /** The next place at or after `at` where these few bytes lie, or -1. */
  find(wanted: Uint8Array, at: number): number {
    for (let from = at; from + wanted.length <= this.#byteLength; from += WINDOW_BYTES - wanted.length) {
      const bytes = this.#file.readAt(from, WINDOW_BYTES);
      const found = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(wanted);
      if (found >= 0) return from + found;
    }
    return -1;
  }
}

/** Whether this is a record's header, and of this place. */
function isHeader(header: Uint8Array, log: number, offsetBytes: number): boolean {
  return (
    readU32(header, 0) === RECORD_MAGIC &&
    readU32(header, RECORD_OFFSET) === offsetBytes &&
    readU32(header, RECORD_LOG) === log &&
    readU32(header, RECORD_CRC) === crc32(header.subarray(0, RECORD_CRC))
  );
}

export class LogReader {
  /** Where the last batch that was read ends. */
  batchesEnd: number = LOG_HEADER_BYTES;
  /** How far the records that were read reach, those without a batch included. */
  #end: number = LOG_HEADER_BYTES;
  readonly #file: OpenFile;
  readonly #number: number;
  readonly #window: Window;
  /** At least this much was durable, as far as is known. */
  #durableBytes: number;

  constructor(file: OpenFile, number: number, durableBytes: number) {
    this.#file = file;
    this.#number = number;
    this.#window = new Window(file, file.byteLength());
    // Before the manifest named the log, its header was durable.
    this.#durableBytes = Math.max(durableBytes, LOG_HEADER_BYTES);
  }

  /** The payloads of all batches, each in memory of its own. Throws DATA_DAMAGED where something durable is not there. */
  *batches(): Generator<Uint8Array> {
    this.#checkHeader();
    for (;;) {
      const payload = this.#next();
      if (payload === undefined) break;
      if (payload.length === 0) continue;
      this.batchesEnd = this.#end;
      yield payload;
    }
    this.#checkTail();
  }

  #checkHeader(): void {
    const header = this.#window.read(0, LOG_HEADER_BYTES);
    const expected = logHeader(this.#number);
    const wrong = header === undefined ? 0 : expected.findIndex((byte, index) => byte !== header[index]);
    if (wrong >= 0) throw damaged(this.#file.path, wrong, `the header of log ${this.#number} is not there`);
  }

  #next(): Uint8Array | undefined {
    const at = this.#end;
    const header = this.#window.read(at, RECORD_HEADER_BYTES);
    if (header === undefined || !isHeader(header, this.#number, at)) return undefined;
    const payloadBytes = readU32(header, RECORD_PAYLOAD_BYTES);
    const crc = readU32(header, RECORD_PAYLOAD_CRC);
    this.#durableBytes = Math.max(this.#durableBytes, readU32(header, RECORD_DURABLE));
    const payload = this.#window.read(at + RECORD_HEADER_BYTES, payloadBytes);
    if (payload === undefined || crc32(payload) !== crc) return undefined;
    this.#end = at + RECORD_HEADER_BYTES + payloadBytes;
    return copyOfRange(payload, 0, payloadBytes);
  }

  /** Looks at every place behind the last good record for a header that knows better. */
  #checkTail(): void {
    const window = this.#window;
    for (let at = this.#end; (at = window.find(MAGIC_BYTES, at + 1)) >= 0; ) {
      const header = window.read(at, RECORD_HEADER_BYTES);
      if (header === undefined || !isHeader(header, this.#number, at)) continue;
      this.#durableBytes = Math.max(this.#durableBytes, readU32(header, RECORD_DURABLE));
    }
    if (this.#durableBytes <= this.#end) return;
    const what = `the log cannot be read from here on, although ${this.#durableBytes} bytes of it were durable`;
    throw damaged(this.#file.path, this.#end, what);
  }
}
