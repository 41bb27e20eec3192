/**
 * Reads records of entities and rows, as `record-layout.ts` shows them.
 */
import { assert } from '../base/assert.ts';
import { ID_ASCII, KEY_HEAD_BYTES, SECTION_VALUES } from '../store/key-layout.ts';
import { readId } from '../wire/id-bytes.ts';
import type { PayloadCodec } from '../wire/payload-codec.ts';
import { Cells } from './entity.ts';
import { KeptValue, NEVER } from './kept-value.ts';
import {
  DEADLINE_BYTES,
  ERASED,
  FORMAT,
  isKeptTag,
  RECORD_HEAD_BYTES,
  REMOVED,
  ROW_HEAD_BYTES,
  TAG_DEADLINE,
  TAG_VERSION,
  VALUE_HEAD_BYTES,
  VERSION_BYTES,
} from './record-layout.ts';
import type { RecordNames } from './record-writer.ts';
import { values } from './value-reader.ts';

/** What `RecordSpan.valueStart` is of records without a value. */
export const NOTHING = -1;
export const NOTHING_BELOW = -2;

/** Where the parts of the record lie that begins at `at`; `valueStart` is `NOTHING` or `NOTHING_BELOW` of removals. */
export interface RecordSpan {
  keyStart: number;
  keyEnd: number;
  valueStart: number;
  /** Where the next record begins. */
  end: number;
}

/** Fills `span`, and returns it. Byte by byte, since a recovery reads millions of records. */
export function readRecord(bytes: Uint8Array, at: number, span: RecordSpan): RecordSpan {
  const valueBytes = (bytes[at + 2] | (bytes[at + 3] << 8) | (bytes[at + 4] << 16) | (bytes[at + 5] << 24)) >>> 0;
  span.keyStart = at + RECORD_HEAD_BYTES;
  span.keyEnd = span.keyStart + (bytes[at] | (bytes[at + 1] << 8));
  const hasValue = valueBytes < ERASED;
  span.valueStart = hasValue ? span.keyEnd : valueBytes === REMOVED ? NOTHING : NOTHING_BELOW;
  span.end = span.keyEnd + (hasValue ? valueBytes : 0);
  assert(span.end <= bytes.length, 'a record ends within its frame');
  return span;
}

/** The address in a key. */
export function readKey(bytes: Buffer, start: number, end: number): { type: string; id: string } {
  assert(bytes[start + 2] === SECTION_VALUES, 'a section of this version');
  const typeEnd = start + KEY_HEAD_BYTES + bytes.readUInt16BE(start + 3);
  return { type: bytes.toString('utf8', start + KEY_HEAD_BYTES, typeEnd), id: idAfter(bytes, typeEnd, end) };
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
    if (isKeptTag(bytes[nameEnd]) || names.guards?.[cell] !== undefined) {
      at = readKept(codec, bytes, nameEnd, names, cells, cell);
    } else {
      at = readCell(codec, bytes, nameEnd, cell === -1 ? undefined : cells, cell);
    }
  }
}

/** The same as `readCell` for a value with a version or a deadline, or of a state that wants them. */
function readKept(
  codec: PayloadCodec,
  bytes: Buffer,
  start: number,
  names: RecordNames,
  cells: Cells,
  cell: number,
): number {
  const kept = new Cells();
  const end = decodeKept(codec, bytes, start, kept);
  if (cell === -1) return end;
  cells.writeCell(cell, kept.readCell(0));
  if (names.guards?.[cell] === undefined) names.guardAll();
  return end;
}

/** Reads a value with its version and deadline, if it has them, into the first of `cells`; returns where it ends. */
function decodeKept(codec: PayloadCodec, bytes: Buffer, start: number, cells: Cells): number {
  let at = start;
  let version = 1;
  let deadline = NEVER;
  if (bytes[at] === TAG_VERSION) {
    version = bytes.readUInt16LE(at + 1);
    at += VERSION_BYTES;
  }
  if (bytes[at] === TAG_DEADLINE) {
    deadline = bytes.readDoubleLE(at + 1);
    at += DEADLINE_BYTES;
  }
  const end = readCell(codec, bytes, at, cells, 0);
  cells.writeCell(0, new KeptValue(cells.readCell(0), version, deadline, false));
  return end;
}

/** The value of a row, a `KeptValue` if it has a version or a deadline, from the bytes that a record or the store has of it. */
export function readRowValue(codec: PayloadCodec, value: Uint8Array): unknown {
  return readRowValueAt(codec, Buffer.from(value.buffer, value.byteOffset, value.length), 0);
}

/** The same of a value that begins there. */
export function readRowValueAt(codec: PayloadCodec, bytes: Buffer, start: number): unknown {
  assert(bytes[start] === FORMAT, 'a value of this format');
  const at = start + ROW_HEAD_BYTES;
  const cell = new Cells();
  if (isKeptTag(bytes[at])) decodeKept(codec, bytes, at, cell);
  else readCell(codec, bytes, at, cell, 0);
  return cell.readCell(0);
}

/** Whether this key is of an entity's values. */
export function isEntityKey(bytes: Uint8Array, start: number): boolean {
  return bytes[start + 2] === SECTION_VALUES;
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
  const value = values.read(codec, bytes, at);
  cells?.writeCell(cell, value);
  return values.end;
}
