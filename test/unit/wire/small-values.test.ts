/** The short ways of structured data on its own do what the long ways do, to the byte. */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeLong, decodeOutside, OUTSIDE_LIMITS } from '../../../src/wire/outside-value.ts';
import { NOT_SMALL, readSmall } from '../../../src/wire/small-reader.ts';
import { writeSmall } from '../../../src/wire/small-writer.ts';
import { encodeLong, encodeTagged } from '../../../src/wire/tagged-value.ts';
import { anyMessage, asReceived } from './messages.ts';

const key = fc.oneof(fc.string({ maxLength: 34 }), fc.constantFrom('place', '__proto__', 'constructor', '', 'a'));
const scalar = fc.oneof(
  fc.integer({ min: -40, max: 70_000 }),
  fc.constantFrom(null, true, false, 0, -0, 1.5, Number.NaN, 127, 128, 255, 256, 65_535, 65_536, undefined, 'ü', ''),
  fc.string({ maxLength: 34 }),
);
const smallValue: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 10 }, scalar, tie('list'), tie('map')),
  list: fc.array(tie('value'), { maxLength: 17 }),
  map: fc.dictionary(key, tie('value'), { maxKeys: 6, noNullPrototype: true }),
}))['value'];

const smallRead = (bytes: Uint8Array): unknown => readSmall(bytes, 0, bytes.length, OUTSIDE_LIMITS.itemCountMax);

test('both ways write the same bytes', () => {
  let shortCount = 0;
  fc.assert(
    fc.property(fc.oneof(smallValue, anyMessage), (value) => {
      const short = writeSmall(value);
      if (short === undefined) return;
      shortCount++;
      expect(Buffer.from(short).toString('hex')).toBe(Buffer.from(encodeLong(value)).toString('hex'));
    }),
    { numRuns: 2_000 },
  );
  expect(shortCount).toBeGreaterThan(200);
});

test('both ways read the same values, and the short one takes nothing that the long one refuses', () => {
  let shortCount = 0;
  const change = fc.record({ at: fc.nat(60), byte: fc.nat(255), cut: fc.option(fc.nat(60), { freq: 3 }) });
  fc.assert(
    fc.property(smallValue, fc.array(change, { maxLength: 2 }), (value, changes) => {
      let bytes = encodeTagged(asReceived(value));
      for (const { at, byte, cut } of changes) {
        if (at < bytes.length) bytes[at] = byte;
        if (cut !== null) bytes = bytes.subarray(0, cut);
      }
      const short = smallRead(bytes);
      if (short === NOT_SMALL) return;
      shortCount++;
      const long = decodeLong(bytes, OUTSIDE_LIMITS);
      expect(long.refusal).toBeUndefined();
      expect('value' in long && isDeepStrictEqual(long.value, short)).toBe(true);
    }),
    { numRuns: 3_000 },
  );
  expect(shortCount).toBeGreaterThan(300);
});

test('a value is read where it lies', () => {
  const bytes = encodeTagged({ place: 'here', at: [1, 300, 2.5, 'x'] });
  const among = Buffer.concat([Buffer.alloc(7, 0xc1), bytes, Buffer.alloc(7, 0xc1)]);
  expect(decodeOutside(among, OUTSIDE_LIMITS, 7, 7 + bytes.length)).toEqual({
    value: { place: 'here', at: [1, 300, 2.5, 'x'] },
  });
  const rich = encodeTagged(new Map([['k', 1]]));
  const behind = Buffer.concat([Buffer.alloc(3), rich]);
  expect(decodeOutside(behind, OUTSIDE_LIMITS, 3)).toEqual({ value: new Map([['k', 1]]) });
});

test('the limit on items holds for small values, too', () => {
  const bytes = encodeTagged({ a: [1, 2, 3] });
  const limited = (itemCountMax: number): unknown => decodeOutside(bytes, { ...OUTSIDE_LIMITS, itemCountMax });
  expect(limited(6)).toEqual({ value: { a: [1, 2, 3] } });
  expect(limited(5)).toEqual({ refusal: 'it holds more than 5 items' });
});

test('a key that would change a prototype changes none', () => {
  const bytes = Buffer.from('0081a95f5f70726f746f5f5f81a16101', 'hex');
  expect(smallRead(bytes)).toBe(NOT_SMALL);
  const decoded = decodeOutside(bytes);
  expect(decoded).toEqual(decodeLong(bytes, OUTSIDE_LIMITS));
  expect('value' in decoded && (decoded.value as { a?: unknown }).a).toBeUndefined();
});
