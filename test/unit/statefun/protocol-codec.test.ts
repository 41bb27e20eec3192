/**
 * The protocol's bytes: against the official package's generated code in both directions, and against whoever writes
 * bytes to do us harm.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MillraceError } from '../../../src/sdk/errors.ts';
import type { BatchRequest } from '../../../src/statefun/protocol.ts';
import {
  decodeRequest,
  decodeRequestInPlace,
  decodeResponse,
  encodeRequest,
  encodeResponse,
} from '../../../src/statefun/protocol-codec.ts';
import { PROTOCOL_LIMITS } from '../../../src/statefun/protocol-layout.ts';
import type { ValueInPlace } from '../../../src/statefun/typed-value.ts';
import { fromHex, GOLDEN_REQUESTS, GOLDEN_RESPONSES, toHex } from '../../conformance/statefun/golden.ts';
import { officialClass, officialRequest, officialResponse } from '../../conformance/statefun/official.ts';
import { anyRequest, anyResponse } from './batches.ts';

const RUNS = { numRuns: 300 };

/** The request with copies of the values that lie in its bytes. */
function apart({ target, states, invocations }: BatchRequest<ValueInPlace>): BatchRequest {
  return {
    target,
    states: states.map(({ name, value }) => ({ name, value: value?.apart() })),
    invocations: invocations.map(({ caller, argument }) => ({ caller, argument: argument.apart() })),
  };
}

describe('against the official package', () => {
  test('requests', () => {
    fc.assert(
      fc.property(anyRequest, (request) => {
        const bytes = encodeRequest(request);
        const theirs = officialRequest(request);
        expect(toHex(bytes)).toBe(toHex(theirs.serializeBinary()));
        expect(decodeRequest(bytes)).toEqual(request);
        expect(apart(decodeRequestInPlace(bytes, PROTOCOL_LIMITS))).toEqual(request);
      }),
      RUNS,
    );
  });

  test('responses', () => {
    fc.assert(
      fc.property(anyResponse, (response) => {
        const bytes = encodeResponse(response);
        // Their generated code writes a token before the target; all others keep to the order of the numbers.
        const theirs = officialResponse(response).serializeBinary();
        const seen = officialClass('reqreply.FromFunction').deserializeBinary(bytes);
        expect(toHex(seen.serializeBinary())).toBe(toHex(theirs));
        expect(decodeResponse(theirs)).toEqual(response);
        expect(decodeResponse(bytes)).toEqual(response);
      }),
      RUNS,
    );
  });
});

/** What a decoder says: `ok`, or the code of its refusal. Anything else that it throws fails the test. */
function verdict(decode: () => unknown): string {
  try {
    decode();
    return 'ok';
  } catch (error) {
    if (error instanceof MillraceError) return error.code;
    throw error;
  }
}

describe('bytes from anybody', () => {
  const goldens = [...GOLDEN_REQUESTS, ...GOLDEN_RESPONSES].map(({ hex }) => fromHex(hex));

  test('any garbage is taken or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(verdict(() => decodeRequest(bytes))).toBeOneOf(['ok', 'MALFORMED_BATCH']);
        expect(verdict(() => decodeResponse(bytes))).toBeOneOf(['ok', 'MALFORMED_BATCH']);
      }),
      { numRuns: 2000 },
    );
  });

  test('any byte of a message changed: taken or refused', () => {
    for (const bytes of goldens) {
      for (let at = 0; at < bytes.length; at++) {
        for (const byte of [0, 1, 0x7f, 0x80, 0xff, bytes[at] ^ 1, bytes[at] ^ 0x40]) {
          const changed = bytes.with(at, byte);
          expect(verdict(() => decodeRequest(changed))).toBeOneOf(['ok', 'MALFORMED_BATCH']);
          expect(verdict(() => decodeResponse(changed))).toBeOneOf(['ok', 'MALFORMED_BATCH']);
        }
      }
    }
  });

  test('a message cut off anywhere is refused', () => {
    for (const bytes of goldens) {
      for (let length = 1; length < bytes.length; length++) {
        const cut = bytes.subarray(0, length);
        expect(
          verdict(() => decodeResponse(cut)),
          `${length} bytes`,
        ).toBe('MALFORMED_BATCH');
        expect(
          verdict(() => decodeRequest(cut)),
          `${length} bytes`,
        ).toBe('MALFORMED_BATCH');
      }
    }
  });

  test.for([
    ['a known field in another wire type', 'a2060412020801'],
    ['the batch as a number', 'a00601'],
    ['a length of more than 32 bits', 'a206ffffffffff01'],
    ['a length that is not there', 'a206ffffffff0f00'],
    ['a tag of more than 32 bits', 'ffffffffffffffff7f'],
    ['field number 0', '0000'],
    ['wire type 6', '0e00'],
    ['wire type 7', '0f00'],
    ['the end of a group that never began', '0c'],
    ['a group without an end', '0b'],
    ['groups that end in the wrong order', '0b130c14'],
    ['groups nested a thousand deep', '0b'.repeat(1000) + '0c'.repeat(1000)],
    ['a number of more than 64 bits', '08ffffffffffffffffffff01'],
    ['text that is not UTF-8', 'a206060a041202c328'],
    ['a mutation of an unknown type', 'a206040a020802'],
    ['a message without a target', 'a206021200'],
    ['a delayed message without a target', 'a206021a00'],
    ['a delay beyond what is safe', 'a2060b1a0908ffffffffffffff7f'],
    ['an expiration of an unknown mode', 'aa06060a0412020803'],
  ] as const)('a response with %s is refused', ([, hex]) => {
    expect(() => decodeResponse(fromHex(hex))).toThrow(expect.objectContaining({ code: 'MALFORMED_BATCH' }));
  });

  test.for([
    ['no bytes', ''],
    ['no batch', '0801'],
    ['no target', 'a20600'],
    ['a target that names nobody', 'a206020a00'],
    ['the batch as a number', 'a00601'],
  ] as const)('a request with %s is refused', ([, hex]) => {
    expect(() => decodeRequest(fromHex(hex))).toThrow(expect.objectContaining({ code: 'MALFORMED_BATCH' }));
  });

  test('names are as long as ours may be, and no longer', () => {
    const named = (name: string, id: string): Uint8Array =>
      encodeRequest({ target: { type: `a/${name}`, id }, states: [], invocations: [] });
    expect(verdict(() => decodeRequest(named('n'.repeat(256), '\u4e16'.repeat(1024))))).toBe('ok');
    expect(verdict(() => decodeRequest(named('n'.repeat(257), 'i')))).toBe('MALFORMED_BATCH');
    expect(verdict(() => decodeRequest(named('n', 'i'.repeat(1025))))).toBe('MALFORMED_BATCH');
    expect(verdict(() => decodeRequest(named('n', '\u4e16'.repeat(1025))))).toBe('MALFORMED_BATCH');
  });

  test('half a character cannot be written', () => {
    const request = { target: { type: 'a/b', id: '\ud800' }, states: [], invocations: [] };
    expect(verdict(() => encodeRequest(request))).toBe('MALFORMED_BATCH');
    expect(toHex(encodeRequest(GOLDEN_REQUESTS[0].message))).toBe(GOLDEN_REQUESTS[0].hex);
  });
});

describe('too much of everything', () => {
  const none = { kind: 'effects', mutations: [], messages: [], delayed: [], egresses: [] } as const;
  const target = { type: 'a/b', id: 'i' };
  const argument = { typename: 't/v', value: undefined };

  test('bytes', () => {
    const bytes = encodeResponse({ ...none, egresses: [{ egress: 'a/b', argument }] });
    expect(verdict(() => decodeResponse(bytes, { ...PROTOCOL_LIMITS, bytesMax: bytes.length }))).toBe('ok');
    expect(verdict(() => decodeResponse(bytes, { ...PROTOCOL_LIMITS, bytesMax: bytes.length - 1 }))).toBe(
      'MALFORMED_BATCH',
    );
  });

  test('elements of all lists together', () => {
    const empty = '2200'.repeat(9);
    const bytes = fromHex(`a20612${empty}`);
    expect(verdict(() => decodeResponse(bytes, { ...PROTOCOL_LIMITS, elementCountFree: 9 }))).not.toContain('elements');
    expect(() => decodeResponse(bytes, { ...PROTOCOL_LIMITS, elementCountFree: 8 })).toThrow('more than 8 elements');
    expect(() => decodeResponse(bytes, { ...PROTOCOL_LIMITS, elementCountMax: 8 })).toThrow('more than 8 elements');
  });

  test('but not what a batch of a thousand messages may well send, or a request of many short messages be', () => {
    const messages = Array.from({ length: 250_000 }, () => ({ target, argument }));
    const response = decodeResponse(encodeResponse({ ...none, messages }));
    expect(response.kind === 'effects' && response.messages.length).toBe(250_000);
    const invocations = Array.from({ length: 250_000 }, () => ({ caller: target, argument }));
    const request = encodeRequest({ target, states: [], invocations });
    expect(decodeRequest(request).invocations.length).toBe(250_000);
  });

  test('a million mutations are refused after a thousand', () => {
    const bytes = encodeResponse({
      ...none,
      mutations: Array.from({ length: 1_000_000 }, () => ({ name: 's', value: undefined })),
    });
    expect(() => decodeResponse(bytes)).toThrow(/more than 1000 states \(near byte \d{4} of/);
  });

  test('fields that nobody knows, by the million', () => {
    const bytes = new Uint8Array(8_000_000).fill(0x28);
    expect(() => decodeResponse(bytes)).toThrow(/too many fields/);
  });

  test('names of what every object has', () => {
    const states = ['__proto__', 'constructor', 'hasOwnProperty'].map((name) => ({ name, value: undefined }));
    const decoded = decodeRequest(encodeRequest({ target, states, invocations: [] }));
    expect(decoded.states).toEqual(states);
    expect(Object.getPrototypeOf(decoded)).toBe(Object.prototype);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});

test('what is decoded shares no memory with the bytes', () => {
  const bytes = fromHex(GOLDEN_REQUESTS[0].hex);
  const request = decodeRequest(bytes);
  bytes.fill(0xff);
  expect(request).toEqual(GOLDEN_REQUESTS[0].message);
});

test('a huge message does not hurt the next one', () => {
  const target = { type: 'a/b', id: 'i' };
  const value = new Uint8Array(3_000_000).fill(7);
  const huge = { target, states: [], invocations: [{ caller: undefined, argument: { typename: 't/v', value } }] };
  expect(
    Buffer.compare(decodeRequest(encodeRequest(huge)).invocations[0].argument.value ?? new Uint8Array(0), value),
  ).toBe(0);
  expect(toHex(encodeRequest(GOLDEN_REQUESTS[0].message))).toBe(GOLDEN_REQUESTS[0].hex);
});
