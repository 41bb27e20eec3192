/**
 * Writes protocol buffers from the end to the beginning: the last field first, and of each field the content, then its
 * length, then its tag. So every length is known when it is written, and nothing is counted beforehand or moved after.
 *
 * ```
 *  buffer   │ room still        │ tag │ length │ content │ tag │ length │ content │
 *                       position ▲                                       the end ▲
 * ```
 *
 * One writer serves a thread: each use begins at the end again and gives a copy of what it wrote.
 */
import { copyBytes } from '../base/copy-bytes.ts';
import { MillraceError } from '../sdk/errors.ts';
import type { NameCache } from './name-cache.ts';

const CAPACITY_MIN = 16 * 1024;
/** A buffer that one huge message made larger than this is not kept. */
const CAPACITY_KEPT = 1024 * 1024;
/** A tag and a varint of 64 bits. */
const HEAD_BYTES_MAX = 16;
/** Strings of up to this many characters are written by a loop, since a call costs more. */
const LOOP_LENGTH_MAX = 64;

export class ProtobufWriter {
  #buffer: Buffer = Buffer.allocUnsafeSlow(CAPACITY_MIN);
  #position = CAPACITY_MIN;

  /** How many bytes are written so far; what a message takes is the difference. */
  get byteLength(): number {
    return this.#buffer.length - this.#position;
  }

  /** Forgets what is there, such as what somebody left behind who threw. */
  begin(): void {
    if (this.#buffer.length > CAPACITY_KEPT) this.#buffer = Buffer.allocUnsafeSlow(CAPACITY_MIN);
    this.#position = this.#buffer.length;
  }

  /** A copy of all that was written. */
  finish(): Uint8Array {
    const copy = new Uint8Array(this.byteLength);
    copy.set(this.#buffer.subarray(this.#position));
    return copy;
  }

  /** The same for what is soon gone: small copies share memory with each other, which none of them outlives by much. */
  finishBriefly(): Uint8Array {
    const copy = Buffer.allocUnsafe(this.byteLength);
    this.#buffer.copy(copy, 0, this.#position);
    return copy;
  }

  /** All that was written, as a text with a character for each byte (latin1). It is made faster than bytes are. */
  finishText(): string {
    return this.#buffer.toString('latin1', this.#position);
  }

  /** The head of a field whose content has been written since the length was `before`. */
  head(tag: number, before: number): void {
    const byteLength = this.byteLength - before;
    if (byteLength < 0x80 && tag < 0x80 && this.#position > 1) {
      this.#buffer[--this.#position] = byteLength;
      this.#buffer[--this.#position] = tag;
      return;
    }
    this.#reserve(HEAD_BYTES_MAX);
    this.#varint(byteLength);
    this.#varint(tag);
  }

  /**
   * Text; none if it is empty.
   *
   * @throws MillraceError `MALFORMED_BATCH` when it is not well-formed, which UTF-8 cannot say
   */
  string(tag: number, text: string): void {
    if (text.length === 0) return;
    const before = this.byteLength;
    if (!this.#ascii(text)) this.#utf8(text);
    this.head(tag, before);
  }

  /** The same for what is said again and again, such as the names of types. */
  repeatedString(tag: number, text: string, cache: NameCache): void {
    const known = cache.bytesOf(text);
    if (known === undefined) this.string(tag, text);
    else this.bytes(tag, known);
  }

  /** The bytes in `bytes[start..end)`, even if there are none. */
  bytes(tag: number, bytes: Uint8Array, start = 0, end: number = bytes.length): void {
    const before = this.byteLength;
    const length = end - start;
    this.#reserve(length);
    this.#position -= length;
    copyBytes(bytes, start, end, this.#buffer, this.#position);
    this.head(tag, before);
  }

  /** A safe integer as a varint of 64 bits; none if it is 0. */
  int64(tag: number, value: number): void {
    if (value === 0) return;
    this.#reserve(HEAD_BYTES_MAX);
    if (value > 0 && value <= 0x7fff_ffff) this.#varint(value);
    else this.#varint64(BigInt.asUintN(64, BigInt(value)));
    this.#varint(tag);
  }

  #varint(value: number): void {
    if (value < 0x80) {
      this.#buffer[--this.#position] = value;
      return;
    }
    let position = this.#position - varintBytes(value);
    this.#position = position;
    while (value > 0x7f) {
      this.#buffer[position++] = (value & 0x7f) | 0x80;
      value >>>= 7;
    }
    this.#buffer[position] = value;
  }

  #varint64(value: bigint): void {
    const bytes: number[] = [];
    for (; value > 0x7fn; value >>= 7n) bytes.push(Number(value & 0x7fn) | 0x80);
    bytes.push(Number(value));
    this.#position -= bytes.length;
    this.#buffer.set(bytes, this.#position);
  }

  /** Writes the text if all of it is ASCII and it is not long. */
  #ascii(text: string): boolean {
    const { length } = text;
    if (length > LOOP_LENGTH_MAX) return false;
    this.#reserve(length);
    const buffer = this.#buffer;
    const start = this.#position - length;
    let seen = 0;
    for (let index = 0; index < length; index++) {
      const unit = text.charCodeAt(index);
      seen |= unit;
      buffer[start + index] = unit;
    }
    if (seen > 0x7f) return false;
    this.#position = start;
    return true;
  }

  #utf8(text: string): void {
    if (!text.isWellFormed()) {
      const what = `The text ${JSON.stringify(text)} has half a character, which UTF-8 cannot say`;
      throw new MillraceError('MALFORMED_BATCH', what);
    }
    const byteLength = Buffer.byteLength(text);
    this.#reserve(byteLength);
    this.#position -= byteLength;
    this.#buffer.write(text, this.#position);
  }

  #reserve(byteLength: number): void {
    if (this.#position >= byteLength) return;
    const used = this.byteLength;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length * 2, used + byteLength));
    larger.set(this.#buffer.subarray(this.#position), larger.length - used);
    this.#position = larger.length - used;
    this.#buffer = larger;
  }
}

function varintBytes(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  return value < 0x1000_0000 ? 4 : 5;
}
