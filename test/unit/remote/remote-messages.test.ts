/** What remote functions take: who only asks whether a message will do is told the same as who has it made. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isTypeable, typedValueOf } from '../../../src/remote/remote-messages.ts';

test('whether something can be made of a message is known without making it', () => {
  const anyMessage = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.double(),
    fc.bigInt(),
    fc.anything({ withBigInt: true, withTypedArray: true }),
    fc.record({ typename: fc.oneof(fc.string(), fc.integer()), value: fc.oneof(fc.uint8Array(), fc.string()) }),
    fc.record({ typename: fc.string(), value: fc.uint8Array(), more: fc.anything() }, { requiredKeys: ['typename'] }),
    fc.constantFrom('\ud800', -0, 2n ** 63n, -(2n ** 63n), 2n ** 63n - 1n, null, undefined, { typename: 'a/b' }),
  );
  fc.assert(
    fc.property(anyMessage, (message) => {
      expect(isTypeable(message)).toBe(typedValueOf(message) !== undefined);
    }),
    { numRuns: 1_000 },
  );
});

test('what has more to say than a typed value is none: the rest of it would be lost', () => {
  const value = Uint8Array.of(1);
  expect(typedValueOf({ typename: 'a/b', value })).toEqual({ typename: 'a/b', value });
  expect(typedValueOf({ typename: 'a/b', value: undefined })).toEqual({ typename: 'a/b', value: undefined });
  expect(typedValueOf({ typename: 'a/b', price: 3 })).toBeUndefined();
  expect(typedValueOf({ typename: 'a/b', value, price: 3 })).toBeUndefined();
});
