/**
 * ToFunction: a batch of invocations of one address, between its objects and its bytes.
 */
import type { Address } from '../sdk/address.ts';
import type { BatchRequest, KnownState, RemoteInvocation } from './protocol.ts';
import { FIELD_1, FIELD_2, FIELD_3, FIELD_100 } from './protocol-layout.ts';
import { NO_VALUE, NO_VALUE_IN_PLACE, type ProtocolReader } from './protocol-reader.ts';
import type { ProtocolWriter } from './protocol-writer.ts';
import type { TypedValue, ValueInPlace } from './typed-value.ts';

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

/** How the values of a request are read. */
export interface ValueReading<Value extends TypedValue> {
  readonly read: (reader: ProtocolReader) => Value;
  readonly isSet: (value: Value) => boolean;
  /** What an argument is that was left out. */
  readonly none: Value;
}

/** As copies. */
export const COPIED: ValueReading<TypedValue> = {
  read: (reader) => reader.typedValue(),
  isSet: ({ value }) => value !== undefined,
  none: NO_VALUE,
};

/** Where they are. */
export const IN_PLACE: ValueReading<ValueInPlace> = {
  read: (reader) => reader.valueInPlace(),
  isSet: ({ isSet }) => isSet,
  none: NO_VALUE_IN_PLACE,
};
export function readRequest<Value extends TypedValue>(
  reader: ProtocolReader,
  values: ValueReading<Value>,
): BatchRequest<Value> {
  let request: BatchRequest<Value> | undefined;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === FIELD_100) request = readBatch(reader, values);
    else if (tag >>> 3 === FIELD_100 >>> 3) reader.refuse('has its batch in another wire type');
    else reader.skip(tag, 0);
  }
  return request ?? reader.refuse('has no batch of invocations');
}

function readBatch<Value extends TypedValue>(reader: ProtocolReader, values: ValueReading<Value>): BatchRequest<Value> {
  const outer = reader.enter();
  let target: Address | undefined;
  const states: KnownState<Value>[] = [];
  const invocations: RemoteInvocation<Value>[] = [];
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === FIELD_1) target = reader.address();
    else if (tag === FIELD_2) states.push(readState(reader, values));
    else if (tag === FIELD_3) invocations.push(readInvocation(reader, values));
    else reader.skip(tag, FIELDS_1_TO_3);
  }
  reader.leave(outer);
  return { target: target ?? reader.refuse('has no target'), states, invocations };
}

/** A value that says of itself that it is none is the same as none. */
function readState<Value extends TypedValue>(reader: ProtocolReader, values: ValueReading<Value>): KnownState<Value> {
  reader.stateElement();
  const outer = reader.enter();
  let name = '';
  let value: Value | undefined;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === FIELD_1) name = reader.name();
    else if (tag === FIELD_2) value = values.read(reader);
    else reader.skip(tag, FIELDS_1_TO_2);
  }
  reader.leave(outer);
  return { name, value: value !== undefined && values.isSet(value) ? value : undefined };
}

function readInvocation<Value extends TypedValue>(
  reader: ProtocolReader,
  values: ValueReading<Value>,
): RemoteInvocation<Value> {
  reader.element();
  const outer = reader.enter();
  let caller: Address | undefined;
  let argument = values.none;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === FIELD_1) caller = reader.address();
    else if (tag === FIELD_2) argument = values.read(reader);
    else reader.skip(tag, FIELDS_1_TO_2);
  }
  reader.leave(outer);
  return { caller, argument };
}
