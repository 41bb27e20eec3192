/**
 * Requests and responses of every kind, for tests by property.
 */
import fc from 'fast-check';
import type { Address } from '../../../src/sdk/address.ts';
import type { BatchRequest, BatchResponse } from '../../../src/statefun/protocol.ts';
import type { TypedValue } from '../../../src/statefun/typed-value.ts';

const half = fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' }).filter((text) => !text.includes('/'));
const typeName = fc.tuple(half, half).map((halves) => halves.join('/'));
const id = fc.string({ minLength: 1, maxLength: 200, unit: 'binary' });
const address: fc.Arbitrary<Address> = fc.record({ type: typeName, id });
const bytes = fc.uint8Array({ maxLength: 300 });
const name = fc.string({ maxLength: 80, unit: 'binary' });

const presentValue: fc.Arbitrary<TypedValue> = fc.record({ typename: name, value: bytes });
const anyValue: fc.Arbitrary<TypedValue> = fc.record({ typename: name, value: fc.option(bytes, { nil: undefined }) });

export const anyRequest: fc.Arbitrary<BatchRequest> = fc.record({
  target: address,
  states: fc.array(fc.record({ name, value: fc.option(presentValue, { nil: undefined }) })),
  invocations: fc.array(fc.record({ caller: fc.option(address, { nil: undefined }), argument: anyValue })),
});

const anyMissing = fc.record({
  kind: fc.constant('missing' as const),
  states: fc.array(
    fc.oneof(
      fc.record({ name, typename: name, mode: fc.constant('none' as const), afterMs: fc.constant(0) }),
      fc.record({
        name,
        typename: name,
        mode: fc.constantFrom('after-write' as const, 'after-invoke' as const),
        afterMs: fc.maxSafeInteger(),
      }),
    ),
  ),
});

const anyEffects = fc.record({
  kind: fc.constant('effects' as const),
  mutations: fc.array(fc.record({ name, value: fc.option(presentValue, { nil: undefined }) })),
  messages: fc.array(fc.record({ target: address, argument: anyValue })),
  delayed: fc.array(
    fc.oneof(
      fc.record({
        kind: fc.constant('send' as const),
        target: address,
        argument: anyValue,
        delayMs: fc.maxSafeInteger(),
        token: name,
      }),
      fc.record({ kind: fc.constant('cancel' as const), token: name }),
    ),
  ),
  egresses: fc.array(fc.record({ egress: typeName, argument: anyValue })),
});

export const anyResponse: fc.Arbitrary<BatchResponse> = fc.oneof(anyMissing, anyEffects);
