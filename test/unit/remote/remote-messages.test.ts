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
    fc.constantFrom('\ud800', -0, 2n ** 63n, -(2n ** 63n), 2n ** 63n - 1n, null, undefined, { typename: 'a/b' }),
  );
  fc.assert(
    fc.property(anyMessage, (message) => {
      expect(isTypeable(message)).toBe(typedValueOf(message) !== undefined);
    }),
    { numRuns: 1_000 },
  );
});
