/**
 * ToFunction: a batch of invocations of one address, between its objects and its bytes.
 */
import type { Address } from '../sdk/address.ts';
import type { BatchRequest, KnownState, RemoteInvocation } from './protocol.ts';
import { FIELD_1, FIELD_2, FIELD_3, FIELD_100 } from './protocol-layout.ts';
import { NO_VALUE, type ProtocolReader } from './protocol-reader.ts';
import type { ProtocolWriter } from './protocol-writer.ts';
import type { TypedValue } from './typed-value.ts';

const FIELDS_1_TO_2 = 0b110;
const FIELDS_1_TO_3 = 0b1110;

export function writeRequest(writer: ProtocolWriter, { target, states, invocations }: BatchRequest): void {
  const before = writer.byteLength;
  for (let index = invocations.length - 1; index >= 0; index--) writeInvocation(writer, invocations[index]);
  for (let index = states.length - 1; index >= 0; index--) writeState(writer, states[index]);
  writer.address(FIELD_1, target);
  writer.head(FIELD_100, before);
}

function writeInvocation(writer: ProtocolWriter, { caller, argument }: RemoteInvocation): void {
  const before = writer.byteLength;
  writer.typedValue(FIELD_2, argument);
  if (caller !== undefined) writer.address(FIELD_1, caller);
  writer.head(FIELD_3, before);
}

function writeState(writer: ProtocolWriter, { name, value }: KnownState): void {
  const before = writer.byteLength;
  if (value !== undefined) writer.typedValue(FIELD_2, value);
  writer.string(FIELD_1, name);
  writer.head(FIELD_2, before);
}

export function readRequest(reader: ProtocolReader): BatchRequest {
  let request: BatchRequest | undefined;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === FIELD_100) request = readBatch(reader);
    else if (tag >>> 3 === FIELD_100 >>> 3) reader.refuse('has its batch in another wire type');
    else reader.skip(tag, 0);
  }
  return request ?? reader.refuse('has no batch of invocations');
}

function readBatch(reader: ProtocolReader): BatchRequest {
  const outer = reader.enter();
  let target: Address | undefined;
  const states: KnownState[] = [];
  const invocations: RemoteInvocation[] = [];
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === FIELD_1) target = reader.address();
    else if (tag === FIELD_2) states.push(readState(reader));
    else if (tag === FIELD_3) invocations.push(readInvocation(reader));
    else reader.skip(tag, FIELDS_1_TO_3);
  }
  reader.leave(outer);
  return { target: target ?? reader.refuse('has no target'), states, invocations };
}

/** A value that says of itself that it is none is the same as none. */
function readState(reader: ProtocolReader): KnownState {
  reader.stateElement();
  const outer = reader.enter();
  let name = '';
  let value: TypedValue | undefined;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === FIELD_1) name = reader.name();
    else if (tag === FIELD_2) value = reader.typedValue();
    else reader.skip(tag, FIELDS_1_TO_2);
  }
  reader.leave(outer);
  return { name, value: value?.value === undefined ? undefined : value };
}

function readInvocation(reader: ProtocolReader): RemoteInvocation {
  reader.element();
  const outer = reader.enter();
  let caller: Address | undefined;
  let argument: TypedValue = NO_VALUE;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === FIELD_1) caller = reader.address();
    else if (tag === FIELD_2) argument = reader.typedValue();
    else reader.skip(tag, FIELDS_1_TO_2);
  }
  reader.leave(outer);
  return { caller, argument };
}
