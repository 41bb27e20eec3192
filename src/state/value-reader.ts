/**
 * Reads the values of states and rows, as `record-layout.ts` shows them. One thread reads one value at a time, so there is
 * one reader, which says afterwards where the value ended. What it reads has passed a checksum; a tag that it does not
 * know is a mistake in the program.
 */
import { assert } from '../base/assert.ts';
import { idEquals, readAscii } from '../wire/id-bytes.ts';
import type { PayloadCodec } from '../wire/payload-codec.ts';
import {
  TAG_ASCII,
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
} from './record-layout.ts';

/** Names of properties come again and again: where one is remembered, it is compared and not made anew. */
const NAMES_BITS = 10;

class ValueReader {
  /** Where the value that was read last ends. */
  end = 0;
  #bytes: Buffer = Buffer.alloc(0);
  readonly #names = new Array<string>(1 << NAMES_BITS).fill('');

  /** The value whose tag is at `at`; it shares nothing with `bytes`. */
  read(codec: PayloadCodec, bytes: Buffer, at: number): unknown {
    this.#bytes = bytes;
    this.end = at;
    return this.#next(codec);
  }

  #next(codec: PayloadCodec): unknown {
    const bytes = this.#bytes;
    const at = this.end + 1;
    const tag = bytes[at - 1];
    this.end = at;
    switch (tag) {
      case TAG_INTEGER:
        this.end = at + 4;
        return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
      case TAG_DOUBLE:
        this.end = at + 8;
        return bytes.readDoubleLE(at);
      case TAG_TEXT:
        this.end = at + 1 + bytes[at];
        return readAscii(bytes, at + 1, bytes[at]);
      case TAG_LIST:
        return this.#list(codec);
      case TAG_OBJECT:
        return this.#object(codec);
      case TAG_NULL:
        return null;
      case TAG_FALSE:
      case TAG_TRUE:
        return tag === TAG_TRUE;
      default:
        return this.#long(codec, tag);
    }
  }

  #list(codec: PayloadCodec): unknown[] {
    const count = this.#bytes[this.end++];
    const list: unknown[] = [];
    for (let index = 0; index < count; index++) list.push(this.#next(codec));
    return list;
  }

  #object(codec: PayloadCodec): object {
    const count = this.#bytes[this.end++];
    const object: Record<string, unknown> = {};
    for (let index = 0; index < count; index++) {
      const name = this.#name();
      object[name] = this.#next(codec);
    }
    return object;
  }

  #name(): string {
    const bytes = this.#bytes;
    const start = this.end + 1;
    const length = bytes[start - 1];
    this.end = start + length;
    const mixed = length * 31 + bytes[start] + bytes[start + (length >> 1)] * 7 + bytes[start + length - 1] * 13;
    const place = mixed & ((1 << NAMES_BITS) - 1);
    const known = this.#names[place];
    if (idEquals(known, bytes, start, length, true)) return known;
    const name = readAscii(bytes, start, length);
    // The writer leaves it to MessagePack; to set it here would change what the object is, and not what it holds.
    assert(name !== '__proto__', 'no object of this form has such a property');
    return (this.#names[place] = name);
  }

  /** What says how many bytes it has in 32 bits. */
  #long(codec: PayloadCodec, tag: number): unknown {
    const start = this.end + 4;
    this.end = start + this.#bytes.readUInt32LE(start - 4);
    if (tag === TAG_ASCII) return readAscii(this.#bytes, start, this.end - start);
    assert(tag === TAG_PLAIN || tag === TAG_RICH, 'a tag of this format');
    return codec.decode(this.#bytes, start, this.end, tag === TAG_RICH);
  }
}

export const values: ValueReader = new ValueReader();
