/**
 * FromFunction: what follows from a batch, between its objects and its bytes. The states that a function misses are in a
 * file of their own.
 */
import type { Address } from '../sdk/address.ts';
import { readMissing, writeMissing } from './missing-codec.ts';
import {
  type BatchEffects,
  type BatchResponse,
  type DelayedCommand,
  type EgressRecord,
  NO_EFFECTS,
  type SentMessage,
  type StateMutation,
} from './protocol.ts';
import {
  CANCELLATION_TOKEN_LENGTH_MAX,
  FIELD_1,
  FIELD_11,
  FIELD_2,
  FIELD_3,
  FIELD_4,
  FIELD_100,
  FIELD_101,
  MUTATION_DELETE,
  MUTATION_MODIFY,
  VARINT_1,
  VARINT_10,
} from './protocol-layout.ts';
import { NO_VALUE, type ProtocolReader } from './protocol-reader.ts';
import type { ProtocolWriter } from './protocol-writer.ts';
import type { TypedValue } from './typed-value.ts';

const FIELDS_1_TO_2 = 0b110;
const FIELDS_1_TO_3 = 0b1110;
const FIELDS_1_TO_4 = 0b1_1110;
const FIELDS_OF_DELAYED: number = FIELDS_1_TO_3 | (1 << 10) | (1 << 11);

export function writeResponse(writer: ProtocolWriter, response: BatchResponse): void {
  const before = writer.byteLength;
  if (response.kind === 'missing') writeMissing(writer, response.states);
  else writeEffects(writer, response);
  writer.head(response.kind === 'missing' ? FIELD_101 : FIELD_100, before);
}

function writeEffects(writer: ProtocolWriter, { mutations, messages, delayed, egresses }: BatchEffects): void {
  for (let index = egresses.length - 1; index >= 0; index--) writeEgress(writer, egresses[index]);
  for (let index = delayed.length - 1; index >= 0; index--) writeDelayed(writer, delayed[index]);
  for (let index = messages.length - 1; index >= 0; index--) writeMessage(writer, messages[index]);
  for (let index = mutations.length - 1; index >= 0; index--) writeMutation(writer, mutations[index]);
}

function writeEgress(writer: ProtocolWriter, { egress, argument }: EgressRecord): void {
  const before = writer.byteLength;
  writer.typedValue(FIELD_3, argument);
  writer.typeName(FIELD_1, FIELD_2, egress);
  writer.head(FIELD_4, before);
}

function writeDelayed(writer: ProtocolWriter, command: DelayedCommand): void {
  const before = writer.byteLength;
  writer.string(FIELD_11, command.token);
  if (command.kind === 'cancel') {
    writer.int64(VARINT_10, 1);
  } else {
    writer.typedValue(FIELD_3, command.argument);
    writer.address(FIELD_2, command.target);
    writer.int64(VARINT_1, command.delayMs);
  }
  writer.head(FIELD_3, before);
}

function writeMessage(writer: ProtocolWriter, { target, argument }: SentMessage): void {
  const before = writer.byteLength;
  writer.typedValue(FIELD_2, argument);
  writer.address(FIELD_1, target);
  writer.head(FIELD_2, before);
}

function writeMutation(writer: ProtocolWriter, { name, value }: StateMutation): void {
  const before = writer.byteLength;
  if (value !== undefined) writer.typedValue(FIELD_3, value);
  writer.string(FIELD_2, name);
  writer.int64(VARINT_1, value === undefined ? MUTATION_DELETE : MUTATION_MODIFY);
  writer.head(FIELD_1, before);
}

/** Neither of the two kinds is success without effects, as for Flink. */
export function readResponse(reader: ProtocolReader): BatchResponse {
  let response: BatchResponse = NO_EFFECTS;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === FIELD_100) response = readEffects(reader);
    else if (tag === FIELD_101) response = { kind: 'missing', states: readMissing(reader) };
    else if (tag >>> 3 === FIELD_100 >>> 3 || tag >>> 3 === FIELD_101 >>> 3) {
      reader.refuse('has its result in another wire type');
    } else reader.skip(tag, 0);
  }
  return response;
}

function readEffects(reader: ProtocolReader): BatchEffects {
  const outer = reader.enter();
  const mutations: StateMutation[] = [];
  const messages: SentMessage[] = [];
  const delayed: DelayedCommand[] = [];
  const egresses: EgressRecord[] = [];
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === FIELD_1) mutations.push(readMutation(reader));
    else if (tag === FIELD_2) messages.push(readMessage(reader));
    else if (tag === FIELD_3) delayed.push(readDelayed(reader));
    else if (tag === FIELD_4) egresses.push(readEgress(reader));
    else reader.skip(tag, FIELDS_1_TO_4);
  }
  reader.leave(outer);
  return { kind: 'effects', mutations, messages, delayed, egresses };
}

function readMutation(reader: ProtocolReader): StateMutation {
  reader.stateElement();
  const outer = reader.enter();
  let type: number = MUTATION_DELETE;
  let name = '';
  let value: TypedValue | undefined;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === VARINT_1) type = reader.int64();
    else if (tag === FIELD_2) name = reader.name();
    else if (tag === FIELD_3) value = reader.storedValue();
    else reader.skip(tag, FIELDS_1_TO_3);
  }
  reader.leave(outer);
  if (type === MUTATION_DELETE) return { name, value: undefined };
  if (type === MUTATION_MODIFY) return { name, value: value ?? NO_VALUE };
  return reader.refuse(`has a mutation of type ${type}`);
}

function readMessage(reader: ProtocolReader): SentMessage {
  reader.element();
  const outer = reader.enter();
  let target: Address | undefined;
  let argument: TypedValue = NO_VALUE;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === FIELD_1) target = reader.address();
    else if (tag === FIELD_2) argument = reader.typedValue();
    else reader.skip(tag, FIELDS_1_TO_2);
  }
  reader.leave(outer);
  return { target: target ?? reader.refuse('has a message without a target'), argument };
}

function readDelayed(reader: ProtocolReader): DelayedCommand {
  reader.element();
  const outer = reader.enter();
  let delayMs = 0;
  let target: Address | undefined;
  let argument: TypedValue = NO_VALUE;
  let isCancellation = false;
  let token = '';
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === VARINT_1) delayMs = reader.int64();
    else if (tag === FIELD_2) target = reader.address();
    else if (tag === FIELD_3) argument = reader.typedValue();
    else if (tag === VARINT_10) isCancellation = reader.bool();
    else if (tag === FIELD_11) token = reader.string(CANCELLATION_TOKEN_LENGTH_MAX);
    else reader.skip(tag, FIELDS_OF_DELAYED);
  }
  reader.leave(outer);
  if (isCancellation) return { kind: 'cancel', token };
  const address = target ?? reader.refuse('has a delayed message without a target');
  return { kind: 'send', target: address, argument, delayMs, token };
}

function readEgress(reader: ProtocolReader): EgressRecord {
  reader.element();
  const outer = reader.enter();
  let namespace = '';
  let name = '';
  let argument: TypedValue = NO_VALUE;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === FIELD_1) namespace = reader.name();
    else if (tag === FIELD_2) name = reader.name();
    else if (tag === FIELD_3) argument = reader.typedValue();
    else reader.skip(tag, FIELDS_1_TO_3);
  }
  reader.leave(outer);
  return { egress: `${namespace}/${name}`, argument };
}
