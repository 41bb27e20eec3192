/**
 * Reads protocol buffers, field by field, from bytes that anybody may have written. It relies on nothing: lengths stay
 * within the message that they stand in, strings are well-formed and no longer than they may be, groups nest so deep and
 * no deeper, and there is a bound on the number of fields. What it gives shares no memory with the bytes.
 */
import { isUtf8 } from 'node:buffer';
import { asBuffer, copyBytes } from '../base/copy-bytes.ts';
import { MillraceError } from '../sdk/errors.ts';
import { isAscii, shortAscii } from './ascii.ts';
import type { NameCache } from './name-cache.ts';
import { TOO_MUCH, WIRE_32, WIRE_64, WIRE_GROUP, WIRE_GROUP_END, WIRE_LENGTH, WIRE_VARINT } from './protocol-layout.ts';

const GROUP_DEPTH_MAX = 32;
/** Most bytes of UTF-8 for one UTF-16 code unit. */
const UTF8_BYTES_MAX = 3;
/** Text of up to this many bytes is put together by a loop, since a call costs more. */
const LOOP_LENGTH_MAX = 24;
const VARINT_BYTES_MAX = 10;
const NOT_SHORT = -1;

export class ProtobufReader {
  readonly #bytes: Buffer;
  /** What is being read, for refusals. */
  readonly #what: string;
  readonly #start: number;
  readonly #length: number;
  #position: number;
  #end: number;
  #fieldsLeft: number;

  /**
   * Reads `bytes[start..end)`, or all of them.
   *
   * @throws MillraceError `MALFORMED_BATCH`, as every method here, if the bytes are not what they should be.
   */
  constructor(bytes: Uint8Array, what: string, fieldCountMax: number, start = 0, end: number = bytes.length) {
    this.#bytes = asBuffer(bytes);
    this.#what = what;
    this.#start = start;
    this.#length = end - start;
    this.#position = start;
    this.#end = end;
    this.#fieldsLeft = fieldCountMax;
  }

  /** The tag of the next field of this message; 0 at its end. */
  tag(): number {
    if (this.#position === this.#end) return 0;
    if (--this.#fieldsLeft < 0) return this.refuse('has too many fields', TOO_MUCH);
    const first = this.#bytes[this.#position];
    if (first < 0x80 && first > 7) {
      this.#position++;
      return first;
    }
    const tag = this.#uint32();
    return tag > 7 ? tag : this.refuse(`has a field without a number`);
  }

  /** Goes into the message that is the field; returns what `leave` needs to come back. */
  enter(): number {
    const length = this.#lengthAhead();
    const outer = this.#end;
    this.#end = this.#position + length;
    return outer;
  }

  leave(outer: number): void {
    this.#end = outer;
  }

  /** Text of at most so many UTF-16 code units. */
  string(lengthMax: number): string {
    return this.#text(this.#lengthAhead(), lengthMax);
  }

  /** The same for what is said again and again, such as the names of types. */
  repeatedString(lengthMax: number, cache: NameCache): string {
    const byteLength = this.#lengthAhead();
    const start = this.#position;
    const known = byteLength > lengthMax ? undefined : cache.read(this.#bytes, start, start + byteLength);
    if (known === undefined) return this.#text(byteLength, lengthMax);
    this.#position = start + byteLength;
    return known;
  }

  #text(byteLength: number, lengthMax: number): string {
    const start = this.#position;
    if (byteLength > lengthMax * UTF8_BYTES_MAX) return this.#tooLong(lengthMax);
    this.#position = start + byteLength;
    if (isAscii(this.#bytes, start, this.#position)) {
      if (byteLength > lengthMax) return this.#tooLong(lengthMax);
      return byteLength > LOOP_LENGTH_MAX
        ? this.#bytes.toString('latin1', start, this.#position)
        : shortAscii(this.#bytes, start, this.#position);
    }
    if (!isUtf8(this.#bytes.subarray(start, this.#position))) return this.refuse('has text that is not UTF-8');
    const text = this.#bytes.toString('utf8', start, this.#position);
    return text.length > lengthMax ? this.#tooLong(lengthMax) : text;
  }

  /** A copy. */
  bytes(): Uint8Array {
    const length = this.stepOver();
    const copy = new Uint8Array(length);
    copyBytes(this.#bytes, this.#position - length, this.#position, copy, 0);
    return copy;
  }

  /** Steps over bytes, and says how many those are. */
  protected stepOver(): number {
    const length = this.#lengthAhead();
    this.#position += length;
    return length;
  }

  protected get source(): Buffer {
    return this.#bytes;
  }

  /** What is read next. */
  protected get position(): number {
    return this.#position;
  }

  /** Text of any length, which need not be well-formed. */
  looseString(): string {
    const length = this.#lengthAhead();
    this.#position += length;
    return this.#bytes.toString('utf8', this.#position - length, this.#position);
  }

  /** So many bytes, as `read` takes them from where they lie. */
  fixed<T>(byteLength: number, read: (bytes: Buffer, at: number) => T): T {
    this.#advance(byteLength);
    return read(this.#bytes, this.#position - byteLength);
  }

  bool(): boolean {
    const short = this.#shortVarint();
    return short === NOT_SHORT ? this.#varint64() !== 0n : short !== 0;
  }

  /** A number of 64 bits, which must be a safe integer. */
  int64(): number {
    const short = this.#shortVarint();
    if (short !== NOT_SHORT) return short;
    const value = BigInt.asIntN(64, this.#varint64());
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : this.refuse(`has the number ${value}, beyond what is safe`);
  }

  /** Steps over a field that nobody knows here. `known` has a bit for each field number that is known. */
  skip(tag: number, known: number): void {
    const field = tag >>> 3;
    if (field < 32 && (known & (1 << field)) !== 0) this.refuse(`has field ${field} with wire type ${tag & 7}`);
    this.#skip(tag, 0);
  }

  refuse(complaint: string, more?: typeof TOO_MUCH): never {
    const offset = this.#position - this.#start;
    const what = `The ${this.#what} ${complaint} (near byte ${offset} of ${this.#length})`;
    throw new MillraceError('MALFORMED_BATCH', what, { details: { offset, ...more } });
  }

  #skip(tag: number, depth: number): void {
    switch (tag & 7) {
      case WIRE_VARINT:
        this.#varint64();
        return;
      case WIRE_64:
        this.#advance(8);
        return;
      case WIRE_LENGTH:
        this.#advance(this.#lengthAhead());
        return;
      case WIRE_32:
        this.#advance(4);
        return;
      case WIRE_GROUP:
        this.#skipGroup(tag, depth);
        return;
      default:
        this.refuse(`has a field of wire type ${tag & 7}`);
    }
  }

  #skipGroup(start: number, depth: number): void {
    if (depth === GROUP_DEPTH_MAX) this.refuse(`has groups nested deeper than ${GROUP_DEPTH_MAX}`);
    for (;;) {
      const tag = this.tag();
      if (tag === 0) this.refuse('has a group without an end');
      if ((tag & 7) !== WIRE_GROUP_END) this.#skip(tag, depth + 1);
      else if (tag >>> 3 === start >>> 3) return;
      else this.refuse('has groups that end in another order than they began');
    }
  }

  #advance(byteLength: number): void {
    if (byteLength > this.#end - this.#position) this.refuse('is cut off');
    this.#position += byteLength;
  }

  /** The length of what follows, which is all there. */
  #lengthAhead(): number {
    const first = this.#position < this.#end ? this.#bytes[this.#position] : 0x80;
    if (first < 0x80 && first < this.#end - this.#position) {
      this.#position++;
      return first;
    }
    const length = this.#uint32();
    if (length > this.#end - this.#position) this.refuse(`is cut off: a part should have ${length} bytes`);
    return length;
  }

  #uint32(): number {
    const short = this.#shortVarint();
    if (short !== NOT_SHORT) return short;
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value > 0xffff_ffff ? this.refuse('has a tag or length of more than 32 bits') : value;
    }
    return this.refuse('has a tag or length of more than 32 bits');
  }

  /** A varint of up to four bytes; the others stay where they are, for `#varint64`. */
  #shortVarint(): number {
    const start = this.#position;
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    this.#position = start;
    return NOT_SHORT;
  }

  #varint64(): bigint {
    let value = 0n;
    for (let index = 0; index < VARINT_BYTES_MAX; index++) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << BigInt(7 * index);
      if (byte < 0x80) return value;
    }
    return this.refuse('has a number of more than 64 bits');
  }

  #byte(): number {
    if (this.#position === this.#end) this.refuse('is cut off');
    return this.#bytes[this.#position++];
  }

  #tooLong(lengthMax: number): never {
    return this.refuse(`has a name, id or token of more than ${lengthMax} characters`, TOO_MUCH);
  }
}
