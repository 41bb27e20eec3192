/**
 * StateFun's protocol as bytes: the golden vectors, and that what we write is canonical and what we read need not be.
 */
import { expect, test } from 'vitest';
import { decodeRequest, decodeResponse, encodeRequest, encodeResponse } from '../../../src/statefun/protocol-codec.ts';
import { fromHex, GOLDEN_REQUESTS, GOLDEN_RESPONSES, toHex } from './golden.ts';

test.for(GOLDEN_REQUESTS)('#1 request: $name', ({ hex, message }) => {
  expect(toHex(encodeRequest(message))).toBe(hex);
  expect(decodeRequest(fromHex(hex))).toEqual(message);
});

test.for(GOLDEN_RESPONSES)('#1 response: $name', ({ hex, message }) => {
  expect(toHex(encodeResponse(message))).toBe(hex);
  expect(decodeResponse(fromHex(hex))).toEqual(message);
});

const [{ hex: REQUEST_HEX, message: REQUEST }] = GOLDEN_REQUESTS;
/** The fields of the golden request's batch. */
const TARGET = '0a090a01611201621a0169';
const STATE = '12060a047365656e';
const INVOCATION = '1a2412220a18696f2e737461746566756e2e74797065732f737472696e6710011a040a026869';

function batch(...fields: string[]): Uint8Array {
  const content = fields.join('');
  return fromHex(`a206${(content.length / 2).toString(16).padStart(2, '0')}${content}`);
}

test.for([
  ['as written', batch(TARGET, STATE, INVOCATION)],
  ['fields in another order', batch(INVOCATION, STATE, TARGET)],
  ['an unknown varint', batch(TARGET, '20ff01', STATE, INVOCATION)],
  ['an unknown fixed64', batch(TARGET, STATE, '210102030405060708', INVOCATION)],
  ['an unknown fixed32', batch(TARGET, STATE, '25aabbccdd', INVOCATION)],
  ['an unknown string', batch(TARGET, STATE, INVOCATION, '22026869')],
  ['an unknown group', batch(TARGET, STATE, INVOCATION, '2308012b2c24')],
  ['an unknown field beside the batch', fromHex(`0801${REQUEST_HEX}1000`)],
  ['a tag longer than need be', fromHex(`a28600${REQUEST_HEX.slice(4)}`)],
  ['a target that stands there twice', batch('0a030a0178', TARGET, STATE, INVOCATION)],
  ['a caller that names nobody', batch(TARGET, STATE, `1a260a00${INVOCATION.slice(4)}`)],
  ['a state value without a value', batch(TARGET, '12080a047365656e1200', INVOCATION)],
] as const)('#3 a request with %s', ([, bytes]) => {
  expect(decodeRequest(bytes)).toEqual(REQUEST);
});

test.for([
  ['no bytes', ''],
  ['neither of the two kinds', '0801'],
  ['a result of fields that nobody knows', 'a206023001'],
] as const)('#3 a response of %s has no effects', ([, hex]) => {
  expect(decodeResponse(fromHex(hex))).toEqual({
    kind: 'effects',
    mutations: [],
    messages: [],
    delayed: [],
    egresses: [],
  });
});

test('#3 defaults that are spelled out', () => {
  const cancel = '1a0b080050005a0050015a0174';
  const deletion = '0a07080012017a1a00';
  const response = decodeResponse(
    fromHex(`a206${((cancel.length + deletion.length) / 2).toString(16)}${deletion}${cancel}`),
  );
  expect(response).toMatchObject({
    mutations: [{ name: 'z', value: undefined }],
    delayed: [{ kind: 'cancel', token: 't' }],
  });
});

test('#4 defaults are left out', () => {
  const target = { type: 'a/b', id: 'i' };
  const argument = { typename: '', value: new Uint8Array(0) };
  const request = encodeRequest({ target, states: [], invocations: [{ caller: undefined, argument }] });
  expect(toHex(request)).toBe(`a20611${TARGET}1a0412021001`);
  const send = { kind: 'send', target, argument, delayMs: 0, token: '' } as const;
  const effects = { kind: 'effects', mutations: [], messages: [], delayed: [send], egresses: [] } as const;
  expect(toHex(encodeResponse(effects))).toBe('a206111a0f12090a01611201621a01691a021001');
});
