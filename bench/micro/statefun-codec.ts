/**
 * What it costs to speak StateFun's protocol: a request made into bytes by the engine and read by the endpoint. With one
 * invocation, as most calls are, and with a hundred, as a hot address has them.
 *
 * ```
 *   request ──▶ bytes ──▶ request
 * ```
 *
 * Rivals: the writers and readers of @bufbuild/protobuf and of pbf, with the fields written out by hand, and protobufjs,
 * which compiles a description of the messages. The checksum adds up what came out.
 */
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { PbfReader, PbfWriter } from 'pbf';
import protobufjs from 'protobufjs';
import type { Address } from '../../src/sdk/address.ts';
import type { BatchRequest } from '../../src/statefun/protocol.ts';
import { decodeRequest, encodeRequest } from '../../src/statefun/protocol-codec.ts';
import type { TypedValue } from '../../src/statefun/typed-value.ts';
import { OURS } from '../harness/benchmark.ts';
import type { Batch, Suite, SuiteFile } from '../harness/micro.ts';

const REQUESTS_PER_BATCH = 50;

function typed(typename: string, text: string): TypedValue {
  return { typename, value: new Uint8Array(Buffer.from(text)) };
}

function requestOf(variant: number, invocationCount: number): BatchRequest {
  return {
    target: { type: 'shop/cart', id: `customer-${variant * 31}` },
    states: [
      { name: 'seen', value: typed('io.statefun.types/int', 'abcde') },
      { name: 'basket', value: undefined },
    ],
    invocations: Array.from({ length: invocationCount }, (_, index) => ({
      caller: { type: 'shop/clerk', id: `clerk-${index}` },
      argument: typed('shop/order', `{"order":${variant},"article":"article-${index}","quantity":3}`),
    })),
  };
}

/** A number that shows that a request has arrived whole. */
function digest({ target, states, invocations }: BatchRequest): number {
  let sum = target.type.length + target.id.length + states.length;
  for (const { caller, argument } of invocations) sum += (caller?.id.length ?? 0) + (argument.value?.length ?? 0);
  return sum;
}

interface Codec {
  encode(request: BatchRequest): Uint8Array;
  decode(bytes: Uint8Array): BatchRequest;
}

const codecs: Readonly<Record<string, () => Codec>> = {
  [OURS]: () => ({ encode: encodeRequest, decode: (bytes) => decodeRequest(bytes) }),
  '@bufbuild/protobuf': () => ({ encode: bufEncode, decode: bufDecode }),
  pbf: () => ({ encode: pbfEncode, decode: pbfDecode }),
  protobufjs: protobufjsCodec,
};

export const suites: readonly Suite[] = [1, 100].map((invocationCount) => ({
  name: `statefun-codec-${invocationCount}`,
  about: `a request of StateFun with ${invocationCount} invocation${invocationCount === 1 ? '' : 's'}, there and back`,
  contenders: Object.fromEntries(
    Object.entries(codecs).map(([name, make]) => [name, () => passing(invocationCount, make())]),
  ),
}));

export const statefunCodecSuites: SuiteFile = { file: import.meta.url, suites };

function passing(invocationCount: number, { encode, decode }: Codec): Batch {
  const requests = Array.from({ length: REQUESTS_PER_BATCH }, (_, variant) => requestOf(variant, invocationCount));
  return {
    callCount: requests.length,
    run: () => requests.reduce((sum, request) => sum + digest(decode(encode(request))), 0),
    expected: requests.reduce((sum, request) => sum + digest(request), 0),
  };
}

const LENGTH_FIELD = WireType.LengthDelimited;

function bufAddress(writer: BinaryWriter, field: number, { type, id }: Address): void {
  const slash = type.lastIndexOf('/');
  writer.tag(field, LENGTH_FIELD).fork();
  writer.tag(1, LENGTH_FIELD).string(type.slice(0, slash));
  writer.tag(2, LENGTH_FIELD).string(type.slice(slash + 1));
  writer.tag(3, LENGTH_FIELD).string(id).join();
}

function bufValue(writer: BinaryWriter, field: number, { typename, value }: TypedValue): void {
  writer.tag(field, LENGTH_FIELD).fork().tag(1, LENGTH_FIELD).string(typename);
  if (value !== undefined) writer.tag(2, WireType.Varint).bool(true).tag(3, LENGTH_FIELD).bytes(value);
  writer.join();
}

function bufEncode({ target, states, invocations }: BatchRequest): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(100, LENGTH_FIELD).fork();
  bufAddress(writer, 1, target);
  for (const { name, value } of states) {
    writer.tag(2, LENGTH_FIELD).fork().tag(1, LENGTH_FIELD).string(name);
    if (value !== undefined) bufValue(writer, 2, value);
    writer.join();
  }
  for (const { caller, argument } of invocations) {
    writer.tag(3, LENGTH_FIELD).fork();
    if (caller !== undefined) bufAddress(writer, 1, caller);
    bufValue(writer, 2, argument);
    writer.join();
  }
  return writer.join().finish();
}

/** Reads the fields of a message of so many bytes. */
function bufFields(reader: BinaryReader, byteLength: number, read: (field: number) => void): void {
  const end = reader.pos + byteLength;
  while (reader.pos < end) read(reader.tag()[0]);
}

function bufReadAddress(reader: BinaryReader): Address {
  const parts = ['', '', '', ''];
  bufFields(reader, reader.uint32(), (field) => (parts[field] = reader.string()));
  return { type: `${parts[1]}/${parts[2]}`, id: parts[3] };
}

function bufReadValue(reader: BinaryReader): TypedValue {
  let [typename, value]: [string, Uint8Array | undefined] = ['', undefined];
  bufFields(reader, reader.uint32(), (field) => {
    if (field === 1) typename = reader.string();
    else if (field === 2) reader.bool();
    else value = reader.bytes().slice();
  });
  return { typename, value };
}

function bufDecode(bytes: Uint8Array): BatchRequest {
  const reader = new BinaryReader(bytes);
  const request = { target: { type: '', id: '' }, states: [] as never[], invocations: [] as never[] };
  reader.tag();
  bufFields(reader, reader.uint32(), (field) => {
    if (field === 1) request.target = bufReadAddress(reader);
    else if (field === 2) request.states.push(bufPair(reader, 'name', () => reader.string(), 'value') as never);
    else request.invocations.push(bufPair(reader, 'caller', () => bufReadAddress(reader), 'argument') as never);
  });
  return request;
}

function bufPair(reader: BinaryReader, first: string, readFirst: () => unknown, second: string): object {
  const pair: Record<string, unknown> = { [first]: undefined, [second]: undefined };
  bufFields(reader, reader.uint32(), (field) => {
    if (field === 1) pair[first] = readFirst();
    else pair[second] = bufReadValue(reader);
  });
  return pair;
}

function pbfAddress({ type, id }: Address, pbf: PbfWriter): void {
  const slash = type.lastIndexOf('/');
  pbf.writeStringField(1, type.slice(0, slash));
  pbf.writeStringField(2, type.slice(slash + 1));
  pbf.writeStringField(3, id);
}

function pbfValue({ typename, value }: TypedValue, pbf: PbfWriter): void {
  pbf.writeStringField(1, typename);
  if (value === undefined) return;
  pbf.writeBooleanField(2, true);
  pbf.writeBytesField(3, value);
}

function pbfEncode(request: BatchRequest): Uint8Array {
  const writer = new PbfWriter();
  writer.writeMessage(
    100,
    ({ target, states, invocations }: BatchRequest, pbf: PbfWriter) => {
      pbf.writeMessage(1, pbfAddress, target);
      for (const state of states) {
        const write = ({ name, value }: typeof state, inner: PbfWriter): void => {
          inner.writeStringField(1, name);
          if (value !== undefined) inner.writeMessage(2, pbfValue, value);
        };
        pbf.writeMessage(2, write, state);
      }
      for (const invocation of invocations) {
        const write = ({ caller, argument }: typeof invocation, inner: PbfWriter): void => {
          if (caller !== undefined) inner.writeMessage(1, pbfAddress, caller);
          inner.writeMessage(2, pbfValue, argument);
        };
        pbf.writeMessage(3, write, invocation);
      }
    },
    request,
  );
  return writer.finish();
}

type Loose = Record<string, unknown>;

function pbfReadAddress(reader: PbfReader): Address {
  const read = (tag: number, parts: string[], pbf: PbfReader): void => void (parts[tag] = pbf.readString());
  const parts = reader.readMessage(read, ['', '', '', '']);
  return { type: `${parts[1]}/${parts[2]}`, id: parts[3] };
}

function pbfReadValue(reader: PbfReader): Loose {
  const read = (tag: number, value: Loose, pbf: PbfReader): void => {
    if (tag === 1) value['typename'] = pbf.readString();
    else if (tag === 2) pbf.readBoolean();
    else value['value'] = pbf.readBytes().slice();
  };
  return reader.readMessage(read, { typename: '', value: undefined });
}

function pbfDecode(bytes: Uint8Array): BatchRequest {
  const readState = (tag: number, state: Loose, pbf: PbfReader): void => {
    if (tag === 1) state['name'] = pbf.readString();
    else state['value'] = pbfReadValue(pbf);
  };
  const readInvocation = (tag: number, invocation: Loose, pbf: PbfReader): void => {
    if (tag === 1) invocation['caller'] = pbfReadAddress(pbf);
    else invocation['argument'] = pbfReadValue(pbf);
  };
  const readBatch = (tag: number, batch: Loose, pbf: PbfReader): void => {
    if (tag === 1) batch['target'] = pbfReadAddress(pbf);
    else if (tag === 2) (batch['states'] as Loose[]).push(pbf.readMessage(readState, { name: '', value: undefined }));
    else (batch['invocations'] as Loose[]).push(pbf.readMessage(readInvocation, { caller: undefined }));
  };
  const request: Loose = { target: undefined, states: [], invocations: [] };
  new PbfReader(bytes).readFields((_tag, batch: Loose, pbf) => void pbf.readMessage(readBatch, batch), request);
  return request as unknown as BatchRequest;
}

const DESCRIPTION = `syntax = "proto3";
message Address { string namespace = 1; string type = 2; string id = 3; }
message TypedValue { string typename = 1; bool has_value = 2; bytes value = 3; }
message State { string name = 1; TypedValue value = 2; }
message Invocation { Address caller = 1; TypedValue argument = 2; }
message Batch { Address target = 1; repeated State states = 2; repeated Invocation invocations = 3; }
message ToFunction { Batch invocation = 100; }`;

function protobufjsCodec(): Codec {
  const type = protobufjs.parse(DESCRIPTION).root.lookupType('ToFunction');
  const split = ({ type: name, id }: Address): Loose => {
    const slash = name.lastIndexOf('/');
    return { namespace: name.slice(0, slash), type: name.slice(slash + 1), id };
  };
  const join = ({ namespace, type: name, id }: Record<string, string>): Address => ({
    type: `${namespace}/${name}`,
    id,
  });
  const boxed = ({ typename, value }: TypedValue): Loose => ({ typename, hasValue: value !== undefined, value });
  // Its bytes are a view in a Buffer.
  const unboxed = ({ typename, value }: TypedValue): TypedValue => ({
    typename,
    value: value && new Uint8Array(value),
  });
  return {
    encode: ({ target, states, invocations }) =>
      type
        .encode({
          invocation: {
            target: split(target),
            states: states.map(({ name, value }) => ({ name, value: value && boxed(value) })),
            invocations: invocations.map(({ caller, argument }) => ({
              caller: caller && split(caller),
              argument: boxed(argument),
            })),
          },
        })
        .finish(),
    decode: (bytes) => {
      const { invocation } = type.decode(bytes) as unknown as { invocation: Record<string, never[]> };
      return {
        target: join(invocation['target'] as never),
        states: invocation['states'].map(({ name, value }) => ({ name, value: value && unboxed(value) })),
        invocations: invocation['invocations'].map(({ caller, argument }) => ({
          caller: caller && join(caller),
          argument: unboxed(argument),
        })),
      };
    },
  };
}
