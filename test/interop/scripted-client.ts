/**
 * Plays the engine, by hand: sends one request in the bytes of the protocol to a function process and shows what came
 * back as plain text and numbers, so that a case can say in one expression what it expects.
 */
import { request as httpRequest } from 'node:http';
import { block, bytesOf, type Fields, integer, messagesOf, numberOf, read, textOf } from './wire.ts';

export interface Value {
  readonly typename: string;
  readonly bytes: Uint8Array | readonly number[];
}

export interface Call {
  readonly type: string;
  readonly id: string;
  /** By name; null is known and unset. */
  readonly states?: Readonly<Record<string, Value | null>>;
  readonly messages: readonly { readonly caller?: readonly [type: string, id: string]; readonly value: Value }[];
}

/** An answer in words: types and values by the names that `describeValue` gives them. */
export interface Answer {
  readonly missing?: readonly string[];
  readonly mutations?: Readonly<Record<string, string | number | boolean | null>>;
  readonly messages?: readonly string[];
  readonly delayed?: readonly string[];
  readonly egresses?: readonly string[];
}

const BUILT_IN = 'io.statefun.types/';
const KAFKA = 'type.googleapis.com/io.statefun.sdk.egress.KafkaProducerRecord';

export function text(value: string): Value {
  return { typename: `${BUILT_IN}string`, bytes: value === '' ? [] : block(1, value) };
}

export function int(value: number): Value {
  return { typename: `${BUILT_IN}int`, bytes: value === 0 ? [] : [0x0d, ...littleEndian(value, 4)] };
}

export function long(value: number): Value {
  return { typename: `${BUILT_IN}long`, bytes: value === 0 ? [] : [0x09, ...littleEndian(value, 8)] };
}

export function bool(value: boolean): Value {
  return { typename: `${BUILT_IN}bool`, bytes: value ? [8, 1] : [] };
}

/** Resolves to the status and, if it is 200, the answer. */
export async function call(url: string, request: Call): Promise<{ status: number; answer: Answer | undefined }> {
  const { status, type, body } = await post(url, encode(request));
  if (status !== 200) return { status, answer: undefined };
  if (type !== 'application/octet-stream' && body.length > 0) throw new Error(`content type ${String(type)}`);
  return { status, answer: decode(body) };
}

function encode({ type, id, states = {}, messages }: Call): Uint8Array {
  const batch = [
    ...block(1, address(type, id)),
    ...Object.entries(states).flatMap(([name, value]) =>
      block(2, [...block(1, name), ...(value === null ? [] : block(2, typedValue(value)))]),
    ),
    ...messages.flatMap(({ caller, value }) =>
      block(3, [...(caller === undefined ? [] : block(1, address(...caller))), ...block(2, typedValue(value))]),
    ),
  ];
  return Uint8Array.from(block(100, batch));
}

function address(type: string, id: string): number[] {
  const slash = type.lastIndexOf('/');
  return [...block(1, type.slice(0, slash)), ...block(2, type.slice(slash + 1)), ...block(3, id)];
}

function typedValue({ typename, bytes }: Value): number[] {
  return [...block(1, typename), ...integer(2, 1), ...(bytes.length === 0 ? [] : block(3, bytes))];
}

export function decode(body: Uint8Array): Answer {
  const response = read(body);
  const [incomplete] = messagesOf(response, 101);
  if (incomplete !== undefined) return { missing: messagesOf(incomplete, 1).map(describeSpec).toSorted() };
  const [result] = messagesOf(response, 100);
  if (result === undefined) return {};
  const mutations = messagesOf(result, 1).map(describeMutation);
  return {
    ...(mutations.length > 0 && { mutations: Object.fromEntries(mutations) }),
    ...some('messages', messagesOf(result, 2).map(describeMessage)),
    ...some('delayed', messagesOf(result, 3).map(describeDelayed)),
    ...some('egresses', messagesOf(result, 4).map(describeRecord)),
  };
}

function some(name: string, list: readonly string[]): Record<string, readonly string[]> {
  return list.length === 0 ? {} : { [name]: list };
}

function describeSpec(spec: Fields): string {
  const [expiration] = messagesOf(spec, 2);
  const mode = expiration === undefined ? 0 : numberOf(expiration, 1);
  const after = expiration === undefined ? 0 : numberOf(expiration, 2);
  const expires = mode === 0 ? '' : ` after-${mode === 1 ? 'write' : 'invoke'} ${after}`;
  return `${textOf(spec, 1)} ${textOf(spec, 3).replace(BUILT_IN, '')}${expires}`;
}

function describeMutation(mutation: Fields): [string, string | number | boolean | null] {
  const [value] = messagesOf(mutation, 3);
  if (numberOf(mutation, 1) === 0) return [textOf(mutation, 2), null];
  if (value === undefined) throw new Error('MODIFY without a value');
  return [textOf(mutation, 2), describeValue(value)];
}

function describeMessage(message: Fields): string {
  const [target] = messagesOf(message, 1);
  const [argument] = messagesOf(message, 2);
  return `${describeAddress(target)} ${describeArgument(argument)}`;
}

function describeDelayed(delayed: Fields): string {
  const token = textOf(delayed, 11);
  if (numberOf(delayed, 10) === 1) return `cancel ${token}`;
  const [target] = messagesOf(delayed, 2);
  const [argument] = messagesOf(delayed, 3);
  const after = `after ${numberOf(delayed, 1)}${token === '' ? '' : ` as ${token}`}`;
  return `${after} ${describeAddress(target)} ${describeArgument(argument)}`;
}

function describeRecord(record: Fields): string {
  const [argument] = messagesOf(record, 3);
  return `${textOf(record, 1)}/${textOf(record, 2)} ${describeArgument(argument)}`;
}

function describeAddress(address: Fields | undefined): string {
  if (address === undefined) throw new Error('an address is missing');
  return `${textOf(address, 1)}/${textOf(address, 2)} ${textOf(address, 3)}`;
}

function describeArgument(value: Fields | undefined): string {
  if (value === undefined || numberOf(value, 2) !== 1) throw new Error('a value is missing');
  return String(describeValue(value));
}

function describeValue(value: Fields): string | number | boolean {
  return describeTyped(textOf(value, 1), bytesOf(value, 3));
}

/** Built-in types as what they mean, Kafka records as `topic[key]=value`, all others as name and hexadecimal digits. */
export function describeTyped(typename: string, bytes: Uint8Array): string | number | boolean {
  if (typename === KAFKA) {
    const kafka = read(bytes);
    return `${textOf(kafka, 3)}[${textOf(kafka, 1)}]=${textOf(kafka, 2)}`;
  }
  const view = Buffer.from(bytes);
  if (typename === `${BUILT_IN}string`) return textOf(read(bytes), 1);
  if (typename === `${BUILT_IN}bool`) return numberOf(read(bytes), 1) === 1;
  if (typename === `${BUILT_IN}int`) return view.length === 0 ? 0 : canonical(view, 0x0d).readInt32LE(1);
  if (typename === `${BUILT_IN}long`) return view.length === 0 ? 0 : Number(canonical(view, 0x09).readBigInt64LE(1));
  return `${typename}:${view.toString('hex')}`;
}

function canonical(bytes: Buffer, tag: number): Buffer {
  if (bytes[0] !== tag || bytes.length !== (tag === 0x0d ? 5 : 9))
    throw new Error(`${bytes.toString('hex')} is no number`);
  return bytes;
}

function littleEndian(value: number, byteLength: number): number[] {
  const bits = BigInt.asUintN(64, BigInt(value));
  return Array.from({ length: byteLength }, (_, index) => Number((bits >> BigInt(8 * index)) & 0xffn));
}

function post(url: string, body: Uint8Array): Promise<{ status: number; type: string | undefined; body: Uint8Array }> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/octet-stream', 'content-length': body.length };
    const request = httpRequest(url, { method: 'POST', headers, timeout: 20_000 }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          type: response.headers['content-type'],
          body: Buffer.concat(chunks),
        }),
      );
    });
    request.on('timeout', () => request.destroy(new Error('no answer within 20 s')));
    request.on('error', reject);
    request.end(body);
  });
}
