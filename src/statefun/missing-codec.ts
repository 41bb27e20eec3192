/**
 * The states that a function declares and a request did not bring along, between objects and bytes.
 */
import type { ExpireMode, MissingState } from './protocol.ts';
import { EXPIRE_MODES, FIELD_1, FIELD_2, FIELD_3, VARINT_1, VARINT_2 } from './protocol-layout.ts';
import type { ProtocolReader } from './protocol-reader.ts';
import type { ProtocolWriter } from './protocol-writer.ts';

const FIELDS_1 = 0b10;
const FIELDS_1_TO_2 = 0b110;
const FIELDS_1_TO_3 = 0b1110;

interface Expiration {
  readonly mode: ExpireMode;
  readonly afterMs: number;
}

const NEVER: Expiration = { mode: 'none', afterMs: 0 };

export function writeMissing(writer: ProtocolWriter, states: readonly MissingState[]): void {
  for (let index = states.length - 1; index >= 0; index--) writeState(writer, states[index]);
}

function writeState(writer: ProtocolWriter, { name, typename, mode, afterMs }: MissingState): void {
  const before = writer.byteLength;
  writer.string(FIELD_3, typename);
  if (mode !== 'none') {
    const inner = writer.byteLength;
    writer.int64(VARINT_2, afterMs);
    writer.int64(VARINT_1, EXPIRE_MODES.indexOf(mode));
    writer.head(FIELD_2, inner);
  }
  writer.string(FIELD_1, name);
  writer.head(FIELD_1, before);
}

export function readMissing(reader: ProtocolReader): readonly MissingState[] {
  const outer = reader.enter();
  const states: MissingState[] = [];
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === FIELD_1) states.push(readState(reader));
    else reader.skip(tag, FIELDS_1);
  }
  reader.leave(outer);
  return states;
}

function readState(reader: ProtocolReader): MissingState {
  reader.stateElement();
  const outer = reader.enter();
  let name = '';
  let typename = '';
  let expiration = NEVER;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === FIELD_1) name = reader.name();
    else if (tag === FIELD_2) expiration = readExpiration(reader);
    else if (tag === FIELD_3) typename = reader.name();
    else reader.skip(tag, FIELDS_1_TO_3);
  }
  reader.leave(outer);
  return { name, typename, mode: expiration.mode, afterMs: expiration.afterMs };
}

function readExpiration(reader: ProtocolReader): Expiration {
  const outer = reader.enter();
  let number = 0;
  let afterMs = 0;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === VARINT_1) number = reader.int64();
    else if (tag === VARINT_2) afterMs = reader.int64();
    else reader.skip(tag, FIELDS_1_TO_2);
  }
  reader.leave(outer);
  const mode = EXPIRE_MODES[number] as ExpireMode | undefined;
  return { mode: mode ?? reader.refuse(`has an expiration of mode ${number}`), afterMs };
}
