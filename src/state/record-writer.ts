/**
 * Writes records of entities and rows, one after the other, as `record-layout.ts` shows them.
 */
import { keyGroupOfHash } from '../keys/key-group.ts';
import { ID_ASCII, ID_WIDE, KEY_HEAD_BYTES, SECTION_VALUES } from '../store/key-layout.ts';
import { idBytesMax, writeId } from '../wire/id-bytes.ts';
import type { CellGuard } from './cell-guard.ts';
import type { Cells, Entity } from './entity.ts';
import { ERASED, FORMAT, RECORD_HEAD_BYTES, REMOVED, ROW_HEAD_BYTES, VALUE_HEAD_BYTES } from './record-layout.ts';
import { ValueWriter } from './value-writer.ts';

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

export class RecordWriter extends ValueWriter {
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
    this.reserve(value.length);
    this.bytes.set(value, this.length);
    this.length += value.length;
    this.bytes.writeUInt32LE(value.length, start + 2);
  }

  /** The record of a row with a key that is bytes already. */
  writeRowOf(key: Uint8Array, keyBytes: number, value: unknown): void {
    const start = this.length;
    this.reserve(RECORD_HEAD_BYTES + keyBytes);
    const { bytes } = this;
    bytes.writeUInt16LE(keyBytes, start);
    const keyStart = start + RECORD_HEAD_BYTES;
    for (let index = 0; index < keyBytes; index++) bytes[keyStart + index] = key[index];
    this.length = keyStart + keyBytes;
    this.#rowValue(start, value);
  }

  /** Records that are written already. */
  copyRecords(from: Buffer, start: number, end: number): void {
    this.reserve(end - start);
    from.copy(this.bytes, this.length, start, end);
    this.length += end - start;
  }

  /** The record of a row that has been removed, with its key from there. */
  copyRemoval(from: Buffer, keyStart: number, keyEnd: number): void {
    this.reserve(RECORD_HEAD_BYTES + keyEnd - keyStart);
    const { bytes, length: start } = this;
    bytes.writeUInt16LE(keyEnd - keyStart, start);
    bytes.writeUInt32LE(REMOVED, start + 2);
    from.copy(bytes, start + RECORD_HEAD_BYTES, keyStart, keyEnd);
    this.length += RECORD_HEAD_BYTES + keyEnd - keyStart;
  }

  #rowValue(start: number, value: unknown): void {
    const valueStart = this.length;
    if (value !== undefined) {
      this.reserve(ROW_HEAD_BYTES);
      this.bytes[this.length++] = FORMAT;
      this.writeValue(value);
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
    this.reserve(RECORD_HEAD_BYTES + key.length);
    this.bytes.writeUInt16LE(key.length, start);
    this.length = start + RECORD_HEAD_BYTES + this.bytes.write(key, start + RECORD_HEAD_BYTES, 'latin1');
    return start;
  }

  /** Writes the key of an address, after `gapBytes` left free. */
  writeKey(type: Uint8Array, hash: number, id: string, gapBytes = 0): void {
    const start = this.length + gapBytes;
    this.reserve(gapBytes + KEY_HEAD_BYTES + type.length + 1 + idBytesMax(id.length));
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
    this.reserve(VALUE_HEAD_BYTES);
    this.length += VALUE_HEAD_BYTES;
    let count = 0;
    for (let index = 0; index < names.states.length; index++) {
      const cell = cells.readCell(index);
      if (cell === undefined) continue;
      this.#name(names.states[index]);
      this.writeValue(cell);
      count++;
    }
    this.bytes[start] = FORMAT;
    this.bytes.writeUInt16LE(count, start + 1);
    return this.length - start;
  }

  #name(name: Uint8Array): void {
    this.reserve(2 + name.length);
    const { bytes } = this;
    const at = this.length;
    bytes.writeUInt16LE(name.length, at);
    for (let index = 0; index < name.length; index++) bytes[at + 2 + index] = name[index];
    this.length = at + 2 + name.length;
  }
}
