/**
 * Writes the values of states and rows, as `record-layout.ts` shows them, into a buffer that grows as needed and belongs
 * to the writer. Numbers, short texts, and lists and plain objects of such are written here, since they are most of what
 * states hold, and MessagePack takes three to five times as long for them (`bench/micro/entity-record.ts`). All else is
 * left to MessagePack: one thing inside that is not for this form takes the whole value there.
 */
import { idBytesMax, writeId } from '../wire/id-bytes.ts';
import type { PayloadCodec } from '../wire/payload-codec.ts';
import { formOf } from '../wire/structured-data.ts';
import { KeptValue, NEVER } from './kept-value.ts';
import {
  COUNT_MAX,
  NAME_LENGTH_MAX,
  NESTING_MAX,
  TAG_DEADLINE,
  TAG_DOUBLE,
  TAG_FALSE,
  TAG_INTEGER,
  TAG_LIST,
  TAG_NULL,
  TAG_OBJECT,
  TAG_PLAIN,
  TAG_RICH,
  TAG_TEXT,
  TAG_TRUE,
  TAG_VERSION,
  TEXT_LENGTH_MAX,
} from './record-layout.ts';

/** No number takes more, with its tag. */
const NUMBER_BYTES = 9;
const PACKED_HEAD_BYTES = 5;

export class ValueWriter {
  bytes: Buffer;
  /** Bytes in use. */
  length = 0;
  readonly #codec: PayloadCodec;

  /** The codec must not limit sizes: what is state already must be written. */
  constructor(codec: PayloadCodec, capacityBytes: number) {
    this.#codec = codec;
    this.bytes = Buffer.allocUnsafeSlow(capacityBytes);
  }

  /** Makes room for so many more. */
  reserve(byteLength: number): void {
    if (this.length + byteLength <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow((this.length + byteLength) * 2);
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }

  /** The tag of a value, and what it says. */
  writeValue(value: unknown): void {
    const start = this.length;
    if (this.#write(value, NESTING_MAX)) return;
    this.length = start;
    if (value instanceof KeptValue) this.#kept(value);
    else this.#packed(value);
  }

  /** False, with anything written, if it is not for this form. */
  #write(value: unknown, depth: number): boolean {
    switch (typeof value) {
      case 'number':
        return this.#number(value);
      case 'string':
        return this.#text(value);
      case 'boolean':
        return this.#tag(value ? TAG_TRUE : TAG_FALSE);
      case 'object':
        if (value === null) return this.#tag(TAG_NULL);
        if (depth === 0) return false;
        return Array.isArray(value) ? this.#list(value, depth - 1) : this.#object(value, depth - 1);
      default:
        return false;
    }
  }

  #tag(tag: number): boolean {
    this.reserve(1);
    this.bytes[this.length++] = tag;
    return true;
  }

  #number(value: number): boolean {
    this.reserve(NUMBER_BYTES);
    const { bytes, length: at } = this;
    if ((value | 0) === value) {
      if (Object.is(value, -0)) return false;
      bytes[at] = TAG_INTEGER;
      bytes[at + 1] = value;
      bytes[at + 2] = value >> 8;
      bytes[at + 3] = value >> 16;
      bytes[at + 4] = value >> 24;
      this.length = at + 5;
    } else {
      bytes[at] = TAG_DOUBLE;
      this.length = bytes.writeDoubleLE(value, at + 1);
    }
    return true;
  }

  #text(text: string): boolean {
    const { length } = text;
    if (length > TEXT_LENGTH_MAX) return false;
    this.reserve(2 + idBytesMax(length));
    const { bytes, length: at } = this;
    if (writeId(text, bytes, at + 2) < 0) return false;
    bytes[at] = TAG_TEXT;
    bytes[at + 1] = length;
    this.length = at + 2 + length;
    return true;
  }

  #list(list: readonly unknown[], depth: number): boolean {
    const { length } = list;
    if (length > COUNT_MAX) return false;
    this.#tag(TAG_LIST);
    this.#tag(length);
    for (let index = 0; index < length; index++) if (!this.#write(list[index], depth)) return false;
    return true;
  }

  #object(object: object, depth: number): boolean {
    // The shortest way for what nearly every object is; a prototype of its own makes it another kind of value.
    if (object.constructor !== Object) return false;
    this.#tag(TAG_OBJECT);
    this.#tag(0);
    const countAt = this.length - 1;
    let count = 0;
    for (const key in object) {
      if (!this.#name(key) || !this.#write((object as Record<string, unknown>)[key], depth)) return false;
      count++;
    }
    if (count > COUNT_MAX) return false;
    this.bytes[countAt] = count;
    return true;
  }

  #name(name: string): boolean {
    const { length } = name;
    if (length > NAME_LENGTH_MAX || name === '__proto__') return false;
    this.reserve(1 + idBytesMax(length));
    const { bytes, length: at } = this;
    if (writeId(name, bytes, at + 1) < 0) return false;
    bytes[at] = length;
    this.length = at + 1 + length;
    return true;
  }

  #packed(value: unknown): void {
    const codec = this.#codec;
    codec.encode(value, formOf(value));
    this.reserve(PACKED_HEAD_BYTES + codec.byteLength);
    this.bytes[this.length] = codec.rich ? TAG_RICH : TAG_PLAIN;
    this.bytes.writeUInt32LE(codec.byteLength, this.length + 1);
    this.bytes.set(codec.bytes.subarray(0, codec.byteLength), this.length + PACKED_HEAD_BYTES);
    this.length += PACKED_HEAD_BYTES + codec.byteLength;
  }

  #kept({ value, version, deadline }: KeptValue): void {
    if (version > 1) {
      this.#tag(TAG_VERSION);
      this.reserve(2);
      this.length = this.bytes.writeUInt16LE(version, this.length);
    }
    if (deadline < NEVER) {
      this.#tag(TAG_DEADLINE);
      this.reserve(8);
      this.length = this.bytes.writeDoubleLE(deadline, this.length);
    }
    this.writeValue(value);
  }
}
