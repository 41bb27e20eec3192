import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeOutside, OUTSIDE_LIMITS } from '../../../src/wire/outside-value.ts';
import { encodeTagged } from '../../../src/wire/tagged-value.ts';
import { anyMessage, asReceived } from './messages.ts';

const bytesOf = (hex: string): Uint8Array => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const refusalOf = (hex: string): string => decodeOutside(bytesOf(hex)).refusal ?? 'it was taken';

test('what our encoder writes is what it reads, whatever it is', () => {
  fc.assert(
    fc.property(anyMessage, (message) => {
      const received = asReceived(message);
      const decoded = decodeOutside(encodeTagged(received));
      expect(decoded.refusal).toBeUndefined();
      expect('value' in decoded && isDeepStrictEqual(decoded.value, received)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test('any change of its bytes gives a value or a refusal, and nothing else', () => {
  const change = fc.record({ at: fc.nat(200), byte: fc.nat(255), cut: fc.option(fc.nat(200), { freq: 3 }) });
  fc.assert(
    fc.property(anyMessage, fc.array(change, { minLength: 1, maxLength: 3 }), (message, changes) => {
      let bytes = encodeTagged(asReceived(message));
      for (const { at, byte, cut } of changes) {
        if (at < bytes.length) bytes[at] = byte;
        if (cut !== null) bytes = bytes.subarray(0, cut);
      }
      const decoded = decodeOutside(bytes);
      expect(decoded.refusal ?? `it is ${encodeTagged('value' in decoded && decoded.value).length} bytes`).toMatch(
        /^it/,
      );
    }),
    { numRuns: 1_000 },
  );
});

describe('refuses', () => {
  test.each([
    ['no bytes', '', 'its form is not known'],
    ['a form alone', '00', 'its form is not known'],
    ['another form', '03 c0', 'its form is not known'],
    ['a text without its end', '00 a5 61', 'it ends too early'],
    ['a length without its end', '00 da 00', 'it ends too early'],
    ['an array that promises four billion items', '00 dd ff ff ff ff', 'it ends too early'],
    ['a map that promises four billion entries', '00 df ff ff ff ff', 'it ends too early'],
    ['a byte that means nothing', '00 c1', 'it holds a byte that means nothing'],
    ['what comes behind its value', '00 c0 c0', 'it has bytes behind its value'],
    ['keys that are no text', '00 81 01 02', 'it has a key that is no text'],
    ['records, which would make functions', '00 d5 72 40 00', 'it holds an extension 114 of 2 bytes'],
    ['errors', '00 d6 65 00 00 00 00', 'it holds an extension 101 of 4 bytes'],
    ['regular expressions', '00 c7 00 78 92 a1 61 a0', 'it holds an extension 120 of 0 bytes'],
    ['references', '00 d6 70 00 00 00 01', 'it holds an extension 112 of 4 bytes'],
    ['a buffer that is no typed array', '00 d5 74 10 00', 'it holds an extension 116 of 2 bytes'],
    ['an array of the rich form that says nothing of itself', '01 91 09', 'its bytes make no value: '],
  ])('%s', (_name, hex, refusal) => {
    expect(refusalOf(hex)).toContain(refusal);
  });

  test('what is nested too deeply', () => {
    expect(refusalOf(`00 ${'91'.repeat(63)} c0`)).toBe('it was taken');
    expect(refusalOf(`00 ${'91'.repeat(70)} c0`)).toBe('it is nested deeper than 64 levels');
    const { refusal } = decodeOutside(new Uint8Array(1 << 20).fill(0x91).fill(0, 0, 1));
    expect(refusal).toBe('it is nested deeper than 64 levels');
  });

  test('what holds too many items, and a bigint that is too long', () => {
    const limits = { ...OUTSIDE_LIMITS, itemCountMax: 5 };
    expect(decodeOutside(encodeTagged([1, 2, 3, 4]), limits)).toEqual({ value: [1, 2, 3, 4] });
    expect(decodeOutside(encodeTagged([1, 2, 3, 4, 5]), limits)).toEqual({ refusal: 'it holds more than 5 items' });
    expect(decodeOutside(encodeTagged({ a: 1, b: { c: 2 } }), limits)).toEqual({
      refusal: 'it holds more than 5 items',
    });
    const short = { ...OUTSIDE_LIMITS, bigintByteLengthMax: 32 };
    expect(decodeOutside(encodeTagged(2n ** 200n), short)).toEqual({ value: 2n ** 200n });
    expect(decodeOutside(encodeTagged(2n ** 300n), short).refusal).toContain('it holds an extension 66');
  });
});

test('a key that means something to JavaScript is a key', () => {
  for (const key of ['__proto__', 'constructor', 'prototype']) {
    const value = Object.fromEntries([[key, { polluted: true }]]);
    expect(decodeOutside(encodeTagged(value))).toEqual({ value });
  }
  // As the plain form has it, which our encoder never writes.
  const plain = decodeOutside(
    Buffer.concat([Uint8Array.of(0, 0x81, 0xa9), Buffer.from('__proto__'), Uint8Array.of(0x81, 0xa1, 0x78, 1)]),
  );
  expect('value' in plain && Object.getPrototypeOf(plain.value)).toBe(Object.prototype);
  expect(({} as { polluted?: boolean; x?: number }).x).toBeUndefined();
});
