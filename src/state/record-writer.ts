/**
 * Writes records of entities and rows, one after the other, as `record-layout.ts` shows them.
 */
import { keyGroupOfHash } from '../keys/key-group.ts';
import { ID_ASCII, ID_WIDE, KEY_HEAD_BYTES, SECTION_VALUES } from '../store/key-layout.ts';
import { idBytesMax, writeId } from '../wire/id-bytes.ts';
import type { PayloadCodec } from '../wire/payload-codec.ts';
import { formOf } from '../wire/structured-data.ts';
import type { CellGuard } from './cell-guard.ts';
import type { Cells, Entity } from './entity.ts';
import { KeptValue, NEVER } from './kept-value.ts';
import {
  CELL_BYTES_MAX,
  ERASED,
  FORMAT,
  RECORD_HEAD_BYTES,
  REMOVED,
  ROW_HEAD_BYTES,
  TAG_ASCII,
  TAG_DEADLINE,
  TAG_DOUBLE,
  TAG_FALSE,
  TAG_INTEGER,
  TAG_NULL,
  TAG_PLAIN,
  TAG_RICH,
  TAG_TRUE,
  TAG_VERSION,
  TEXT_LENGTH_MAX,
  VALUE_HEAD_BYTES,
} from './record-layout.ts';

/** How the entities of one function are written. */
export interface RecordNames {
  readonly type: Uint8Array;
  readonly states: readonly Uint8Array[];
  /** Whose cells hold a `KeptValue`. */
  readonly guards: readonly (CellGuard | undefined)[] | undefined;
  /** A value was read that only a guard can read, of a state that has none. */
  guardAll(): void;
}

export function recordNames(
  type: string,
  states: readonly string[],
  guards?: RecordNames['guards'],
  guardAll: () => void = () => {},
): RecordNames {
  return { type: Buffer.from(type), states: states.map((name) => Buffer.from(name)), guards, guardAll };
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

  /** The record of a row, which may have been removed. */
  writeRow(key: string, value: unknown): void {
    this.#rowValue(this.#rowKey(key), value);
  }

  /** The record of a row whose value is bytes already, as the store has it. */
  writeStored(key: string, value: Uint8Array): void {
    const start = this.#rowKey(key);
    this.#reserve(value.length);
    this.bytes.set(value, this.length);
    this.length += value.length;
    this.bytes.writeUInt32LE(value.length, start + 2);
  }

  /** The record of a row with a key that is bytes already. */
  writeRowOf(key: Uint8Array, keyBytes: number, value: unknown): void {
    const start = this.length;
    this.#reserve(RECORD_HEAD_BYTES + keyBytes);
    const { bytes } = this;
    bytes.writeUInt16LE(keyBytes, start);
    const keyStart = start + RECORD_HEAD_BYTES;
    for (let index = 0; index < keyBytes; index++) bytes[keyStart + index] = key[index];
    this.length = keyStart + keyBytes;
    this.#rowValue(start, value);
  }

  /** Records that are written already. */
  copyRecords(from: Buffer, start: number, end: number): void {
    this.#reserve(end - start);
    from.copy(this.bytes, this.length, start, end);
    this.length += end - start;
  }

  /** The record of a row that has been removed, with its key from there. */
  copyRemoval(from: Buffer, keyStart: number, keyEnd: number): void {
    this.#reserve(RECORD_HEAD_BYTES + keyEnd - keyStart);
    const { bytes, length: start } = this;
    bytes.writeUInt16LE(keyEnd - keyStart, start);
    bytes.writeUInt32LE(REMOVED, start + 2);
    from.copy(bytes, start + RECORD_HEAD_BYTES, keyStart, keyEnd);
    this.length += RECORD_HEAD_BYTES + keyEnd - keyStart;
  }

  #rowValue(start: number, value: unknown): void {
    const valueStart = this.length;
    if (value !== undefined) {
      this.#reserve(ROW_HEAD_BYTES + CELL_BYTES_MAX);
      this.bytes[this.length++] = FORMAT;
      this.#cell(value);
    }
    this.bytes.writeUInt32LE(value === undefined ? REMOVED : this.length - valueStart, start + 2);
  }

  /** The record of an erasure. */
  writeErasure(prefix: string): void {
    const start = this.#rowKey(prefix);
    this.bytes.writeUInt32LE(ERASED, start + 2);
  }

  /** Returns where the record begins. */
  #rowKey(key: string): number {
    const start = this.length;
    this.#reserve(RECORD_HEAD_BYTES + key.length);
    this.bytes.writeUInt16LE(key.length, start);
    this.length = start + RECORD_HEAD_BYTES + this.bytes.write(key, start + RECORD_HEAD_BYTES, 'latin1');
    return start;
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
    if (value instanceof KeptValue) {
      this.#kept(value);
      return;
    }
    const codec = this.#codec;
    codec.encode(value, formOf(value));
    this.#reserve(5 + codec.byteLength);
    this.bytes[this.length] = codec.rich ? TAG_RICH : TAG_PLAIN;
    this.bytes.writeUInt32LE(codec.byteLength, this.length + 1);
    this.bytes.set(codec.bytes.subarray(0, codec.byteLength), this.length + 5);
    this.length += 5 + codec.byteLength;
  }

  #kept({ value, version, deadline }: KeptValue): void {
    if (version > 1) {
      this.#tag(TAG_VERSION);
      this.length = this.bytes.writeUInt16LE(version, this.length);
    }
    if (deadline < NEVER) {
      this.#tag(TAG_DEADLINE);
      this.length = this.bytes.writeDoubleLE(deadline, this.length);
    }
    this.#cell(value);
  }

  #reserve(byteLength: number): void {
    if (this.length + byteLength <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow((this.length + byteLength) * 2);
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }
}
