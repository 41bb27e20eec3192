/**
 * Entities as bytes: the record of a changelog and the entry of a state store. A record names its function and each of
 * its states, so that the same bytes mean the same to every version of the module; a state that was never written has
 * no cell, and an entity without cells is a removal.
 *
 * ```
 *   record:  │ key, bytes (16) │ value, bytes (32) │ key … │ value …      length 2^32 - 1: removed, no value
 *   key:     see store/key-layout.ts
 *   value:   │ format 1 (8) │ cells (16) │ then for each cell:
 *            │ name, bytes (16) │ name (UTF-8) │ tag (8) │ what the tag says
 *
 *   tag 0: integer (32)   1: double (64)   2: text, length (32) and ASCII   3: null   4: false   5: true
 *       6, 7: length (32) and MessagePack, in the plain or the rich form of wire/payload-codec.ts
 * ```
 *
 * All numbers are little-endian but those of the key. Numbers and short texts have tags of their own because they are
 * what most entities hold, and most of what a checkpoint writes is this (see `bench/micro/entity-record.ts`).
 */
import { assert } from '../base/assert.ts';
import { keyGroupOfHash } from '../keys/key-group.ts';
import { ID_ASCII, ID_WIDE, KEY_HEAD_BYTES, SECTION_VALUES } from '../store/key-layout.ts';
import { idBytesMax, readId, writeId } from '../wire/id-bytes.ts';
import type { PayloadCodec } from '../wire/payload-codec.ts';
import { formOf } from '../wire/structured-data.ts';
import type { Cells, Entity } from './entity.ts';

const FORMAT = 1;
const REMOVED = 0xffffffff;
const RECORD_HEAD_BYTES = 6;
const VALUE_HEAD_BYTES = 3;
const CELL_BYTES_MAX = 16;
const TEXT_LENGTH_MAX = 64;

const TAG_INTEGER = 0;
const TAG_DOUBLE = 1;
const TAG_ASCII = 2;
const TAG_NULL = 3;
const TAG_FALSE = 4;
const TAG_TRUE = 5;
const TAG_PLAIN = 6;
const TAG_RICH = 7;

/** How the entities of one function are written. */
export interface RecordNames {
  readonly type: Uint8Array;
  readonly states: readonly Uint8Array[];
}

export function recordNames(type: string, states: readonly string[]): RecordNames {
  return { type: Buffer.from(type), states: states.map((name) => Buffer.from(name)) };
}

/** Writes records one after the other into a buffer that grows as needed and belongs to the writer. */
export class RecordWriter {
  bytes: Buffer;
  /** Bytes in use. */
  length = 0;
  readonly #codec: PayloadCodec;

  /** The codec must not limit sizes: what is state already must be written. */
  constructor(codec: PayloadCodec, capacityBytes: number) {
    this.#codec = codec;
    this.bytes = Buffer.allocUnsafeSlow(capacityBytes);
  }

  write(entity: Entity, names: RecordNames): void {
    const start = this.length;
    this.writeKey(names.type, entity.hash, entity.id, RECORD_HEAD_BYTES);
    const keyEnd = this.length;
    this.bytes.writeUInt16LE(keyEnd - start - RECORD_HEAD_BYTES, start);
    const valueBytes = entity.isBlank ? REMOVED : this.#value(entity, names);
    this.bytes.writeUInt32LE(valueBytes, start + 2);
  }

  /** Writes the key of an address, after `gapBytes` left free. */
  writeKey(type: Uint8Array, hash: number, id: string, gapBytes = 0): void {
    const start = this.length + gapBytes;
    this.#reserve(gapBytes + KEY_HEAD_BYTES + type.length + 1 + idBytesMax(id.length));
    const { bytes } = this;
    const keyGroup = keyGroupOfHash(hash);
    bytes[start] = keyGroup >>> 8;
    bytes[start + 1] = keyGroup & 0xff;
    bytes[start + 2] = SECTION_VALUES;
    bytes[start + 3] = type.length >>> 8;
    bytes[start + 4] = type.length & 0xff;
    let at = start + KEY_HEAD_BYTES;
    for (let index = 0; index < type.length; index++) bytes[at + index] = type[index];
    at += type.length;
    const idBytes = writeId(id, bytes, at + 1);
    bytes[at] = idBytes >= 0 ? ID_ASCII : ID_WIDE;
    this.length = at + 1 + Math.abs(idBytes);
  }

  /** Returns the length of the value. */
  #value(cells: Cells, names: RecordNames): number {
    const start = this.length;
    this.#reserve(VALUE_HEAD_BYTES);
    this.length += VALUE_HEAD_BYTES;
    let count = 0;
    for (let index = 0; index < names.states.length; index++) {
      const cell = cells.readCell(index);
      if (cell === undefined) continue;
      this.#name(names.states[index]);
      this.#cell(cell);
      count++;
    }
    this.bytes[start] = FORMAT;
    this.bytes.writeUInt16LE(count, start + 1);
    return this.length - start;
  }

  #name(name: Uint8Array): void {
    this.#reserve(2 + name.length + CELL_BYTES_MAX);
    const { bytes } = this;
    const at = this.length;
    bytes.writeUInt16LE(name.length, at);
    for (let index = 0; index < name.length; index++) bytes[at + 2 + index] = name[index];
    this.length = at + 2 + name.length;
  }

  #cell(value: unknown): void {
    if (typeof value === 'number' && !Object.is(value, -0)) this.#number(value);
    else if (value === null) this.#tag(TAG_NULL);
    else if (typeof value === 'boolean') this.#tag(value ? TAG_TRUE : TAG_FALSE);
    else if (typeof value !== 'string' || value.length > TEXT_LENGTH_MAX || !this.#text(value)) this.#packed(value);
  }

  #tag(tag: number): void {
    this.bytes[this.length++] = tag;
  }

  #number(value: number): void {
    if ((value | 0) === value) {
      this.#tag(TAG_INTEGER);
      this.length = this.bytes.writeInt32LE(value, this.length);
    } else {
      this.#tag(TAG_DOUBLE);
      this.length = this.bytes.writeDoubleLE(value, this.length);
    }
  }

  /** False, with nothing written, when the text is not ASCII. */
  #text(text: string): boolean {
    this.#reserve(5 + idBytesMax(text.length));
    const textBytes = writeId(text, this.bytes, this.length + 5);
    if (textBytes < 0) return false;
    this.bytes[this.length] = TAG_ASCII;
    this.bytes.writeUInt32LE(textBytes, this.length + 1);
    this.length += 5 + textBytes;
    return true;
  }

  #packed(value: unknown): void {
    const codec = this.#codec;
    codec.encode(value, formOf(value));
    this.#reserve(5 + codec.byteLength);
    this.bytes[this.length] = codec.rich ? TAG_RICH : TAG_PLAIN;
    this.bytes.writeUInt32LE(codec.byteLength, this.length + 1);
    this.bytes.set(codec.bytes.subarray(0, codec.byteLength), this.length + 5);
    this.length += 5 + codec.byteLength;
  }

  #reserve(byteLength: number): void {
    if (this.length + byteLength <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow((this.length + byteLength) * 2);
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }
}

/** Where the parts of the record lie that begins at `at`; `valueStart` is -1 when it is a removal. */
export interface RecordSpan {
  keyStart: number;
  keyEnd: number;
  valueStart: number;
  /** Where the next record begins. */
  end: number;
}

export function readRecord(bytes: Buffer, at: number, span: RecordSpan): void {
  const valueBytes = bytes.readUInt32LE(at + 2);
  span.keyStart = at + RECORD_HEAD_BYTES;
  span.keyEnd = span.keyStart + bytes.readUInt16LE(at);
  span.valueStart = valueBytes === REMOVED ? -1 : span.keyEnd;
  span.end = span.keyEnd + (valueBytes === REMOVED ? 0 : valueBytes);
  assert(span.end <= bytes.length, 'a record ends within its frame');
}

/** The address in a key. */
export function readKey(bytes: Buffer, start: number, end: number): { type: string; id: string } {
  assert(bytes[start + 2] === SECTION_VALUES, 'a section of this version');
  const typeEnd = start + KEY_HEAD_BYTES + bytes.readUInt16BE(start + 3);
  return { type: bytes.toString('utf8', start + KEY_HEAD_BYTES, typeEnd), id: idAfter(bytes, typeEnd, end) };
}

/** Where the form and the id begin in the key of an entity of this type; -1 if it is of another one. */
export function idFormAt(type: Uint8Array, bytes: Buffer, start: number): number {
  if (bytes[start + 2] !== SECTION_VALUES || bytes.readUInt16BE(start + 3) !== type.length) return -1;
  const typeStart = start + KEY_HEAD_BYTES;
  for (let index = 0; index < type.length; index++) if (bytes[typeStart + index] !== type[index]) return -1;
  return typeStart + type.length;
}

function idAfter(bytes: Buffer, typeEnd: number, end: number): string {
  return readId(bytes, typeEnd + 1, end - typeEnd - 1, bytes[typeEnd] === ID_ASCII);
}

/** Fills cells from a value. States that the function does not declare any more are left out. */
export function readValue(codec: PayloadCodec, bytes: Buffer, start: number, names: RecordNames, cells: Cells): void {
  assert(bytes[start] === FORMAT, 'a value of this format');
  const count = bytes.readUInt16LE(start + 1);
  let at = start + VALUE_HEAD_BYTES;
  for (let index = 0; index < count; index++) {
    const nameEnd = at + 2 + bytes.readUInt16LE(at);
    const cell = findState(names, bytes, at + 2, nameEnd, index);
    at = readCell(codec, bytes, nameEnd, cell === -1 ? undefined : cells, cell);
  }
}

/** Which state has this name; `guess` is where it most likely stands. */
function findState(names: RecordNames, bytes: Buffer, start: number, end: number, guess: number): number {
  const { states } = names;
  const likely = states[guess];
  if (likely !== undefined && bytes.compare(likely, 0, likely.length, start, end) === 0) return guess;
  return states.findIndex((name) => bytes.compare(name, 0, name.length, start, end) === 0);
}

/** Reads the cell whose tag is at `at` into `cells`, if given; returns where it ends. */
function readCell(codec: PayloadCodec, bytes: Buffer, at: number, cells: Cells | undefined, cell: number): number {
  const tag = bytes[at];
  const start = at + 1;
  switch (tag) {
    case TAG_INTEGER:
      cells?.writeCell(cell, bytes.readInt32LE(start));
      return start + 4;
    case TAG_DOUBLE:
      cells?.writeCell(cell, bytes.readDoubleLE(start));
      return start + 8;
    case TAG_NULL:
    case TAG_FALSE:
    case TAG_TRUE:
      cells?.writeCell(cell, tag === TAG_NULL ? null : tag === TAG_TRUE);
      return start;
    default: {
      const from = start + 4;
      const end = from + bytes.readUInt32LE(start);
      const text = tag === TAG_ASCII;
      assert(text || tag === TAG_PLAIN || tag === TAG_RICH, 'a tag of this format');
      const value = text ? readId(bytes, from, end - from, true) : codec.decode(bytes, from, end, tag === TAG_RICH);
      cells?.writeCell(cell, value);
      return end;
    }
  }
}
