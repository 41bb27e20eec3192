/**
 * The flat form of small messages: learnt by one thread, read by another, and the same message in every form. A message
 * that does not fit takes another form, and nobody notices.
 */
import assert from 'node:assert';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { FLAG_FLAT_PAYLOAD, KIND_MESSAGE, TYPE_NONE } from '../../../src/wire/envelope-layout.ts';
import { EnvelopeReader } from '../../../src/wire/envelope-reader.ts';
import { EnvelopeWriter } from '../../../src/wire/envelope-writer.ts';
import { MessageGate } from '../../../src/wire/message-gate.ts';
import { PayloadCodec } from '../../../src/wire/payload-codec.ts';
import { allocateShapeRegistry, SHAPE_KEYS_MAX, ShapeRegistry } from '../../../src/wire/shape-registry.ts';
import { anyMessage, asReceived } from './messages.ts';

/** Enough messages of one shape for it to be learnt. */
const OFTEN = 40;

interface Crossing {
  readonly received: unknown;
  readonly flat: boolean;
}

/** Two threads that know the same shapes: what one writes, the other reads. */
function crossing(): (message: unknown, target?: number) => Crossing {
  const shared = allocateShapeRegistry();
  const codec = new PayloadCodec(1 << 20, new ShapeRegistry(shared));
  const [gate, writer] = [new MessageGate(codec, true), new EnvelopeWriter(codec)];
  const reader = new EnvelopeReader(new PayloadCodec(1 << 20, new ShapeRegistry(shared)));
  return (message, target = 1) => {
    const admitted = gate.admit(message);
    writer.write(KIND_MESSAGE, target, 7, 'id', TYPE_NONE, '', admitted, gate.form);
    const words = new Int32Array(new SharedArrayBuffer(((writer.byteLength + 3) & ~3) + 8));
    writer.placeInto(words, 1);
    reader.wrap(words, new Uint8Array(words.buffer), 4, writer.byteLength);
    const received = reader.payload();
    const flat = ((words[1] >>> 8) & FLAG_FLAT_PAYLOAD) !== 0;
    words.fill(-1);
    return { received, flat };
  };
}

const anyFlatValue = fc.oneof(
  fc.constantFrom(
    undefined,
    null,
    true,
    false,
    0,
    -1,
    1,
    Number.NaN,
    Infinity,
    -0.5,
    2 ** 27,
    2 ** 27 - 1,
    -(2 ** 27) - 1,
  ),
  fc.integer(),
  fc.double({ noDefaultInfinity: false }),
  fc.string({ maxLength: 8 }),
  fc.constantFrom('', 'x'.repeat(255)),
  fc.uint8Array({ maxLength: 8 }),
);

/** Mostly flat, now and then not. */
const anyNearlyFlatValue = fc.oneof(
  { weight: 12, arbitrary: anyFlatValue },
  { weight: 1, arbitrary: fc.constantFrom('é', 'x'.repeat(256), -0, 1n, [1], { a: 1 }, new Date(0), new Map()) },
);

const anyKeys = fc.uniqueArray(
  fc.oneof(
    fc.constantFrom('a', 'b', 'id', 'typename', '0', '__proto__', 'constructor', 'é', '"', '\u2028'),
    fc.string(),
  ),
  {
    maxLength: 6,
  },
);

describe('a small flat message', () => {
  test('is the same on the other side, whatever form it took', () => {
    const property = fc.property(fc.array(anyKeys, { minLength: 1, maxLength: 5 }), fc.gen(), (shapes, gen) => {
      const cross = crossing();
      for (let turn = 0; turn < OFTEN * 2; turn++) {
        const keys = shapes[turn % shapes.length];
        const message = Object.fromEntries(keys.map((key) => [key, gen(() => anyNearlyFlatValue)]));
        const { received } = cross(message, turn % 3);
        assert.deepStrictEqual(received, message);
      }
    });
    fc.assert(property, { numRuns: 60 });
  });

  test('of a shape that has come often goes flat', () => {
    const cross = crossing();
    const forms = Array.from(
      { length: OFTEN },
      (_, index) => cross({ n: index, name: `name ${index}`, ok: true }).flat,
    );
    expect([forms[0], forms.at(-1)]).toEqual([false, true]);
    // Another order of keys is another shape, and so is a key more or less.
    expect(cross({ name: 'x', n: 1, ok: true }).flat).toBe(false);
    expect(cross({ n: 1, name: 'x' }).flat).toBe(false);
    expect(cross({ n: 1, name: 'x', ok: true, more: 1 }).flat).toBe(false);
    expect(cross({ n: 1, name: 'x', ok: false })).toEqual({ received: { n: 1, name: 'x', ok: false }, flat: true });
  });

  test('has an ordinary prototype, and the order of its keys', () => {
    const cross = crossing();
    for (let turn = 0; turn < OFTEN; turn++) cross({ b: 1, a: 2, 7: 3 });
    const { received, flat } = cross({ b: 1, a: 2, 7: 3 });
    expect([flat, Object.getPrototypeOf(received), Object.keys(received as object)]).toEqual([
      true,
      Object.prototype,
      ['7', 'b', 'a'],
    ]);
  });

  test.each([
    1,
    -1.5,
    2 ** 40,
    Number.NaN,
    null,
    undefined,
    false,
    '',
    'hello',
    'x'.repeat(255),
    new Uint8Array(0),
    new Uint8Array([1, 2, 3]),
    new Uint8Array(1_024).fill(7),
  ])('may be a single value, the first time as ever: %o', (message) => {
    const { received, flat } = crossing()(message);
    assert.deepStrictEqual(received, message);
    expect(flat).toBe(true);
  });

  test('may hold bytes, which come as a plain array of their own', () => {
    const cross = crossing();
    for (let turn = 0; turn < OFTEN; turn++) cross({ typename: 'a/b', value: new Uint8Array(turn) });
    for (const value of [Buffer.from('abc'), new Uint8Array([0, 255]), new Uint8Array(0), new Uint8Array(1_000)]) {
      const { received, flat } = cross({ typename: 'a/b', value });
      assert.deepStrictEqual(received, { typename: 'a/b', value: new Uint8Array(value) });
      expect(flat).toBe(true);
    }
  });

  test('has the name of a type that it says, also where the last one was as long', () => {
    const cross = crossing();
    const names = ['shop/cart', 'shop/card', 'shop/cart', 'x', '', 'y'.repeat(63), 'z'.repeat(64), 'z'.repeat(255)];
    for (let turn = 0; turn < OFTEN * names.length; turn++) {
      const message = { typename: names[turn % names.length], n: turn };
      expect(cross(message).received).toEqual(message);
    }
    for (const typename of [1, null, undefined, true, new Uint8Array(3)]) {
      expect(cross({ typename, n: 1 })).toEqual({ received: { typename, n: 1 }, flat: true });
    }
  });

  test.each([
    ['a list', [1, 2]],
    ['something nested', { a: { b: 1 } }],
    ['a text that is not ASCII', { a: 'é' }],
    ['a long text', { a: 'x'.repeat(256) }],
    ['a negative zero', { a: -0 }],
    ['a bigint', { a: 1n }],
    ['a dictionary', Object.fromEntries(Array.from({ length: SHAPE_KEYS_MAX + 1 }, (_, index) => [`key ${index}`, 1]))],
    ['an own __proto__', JSON.parse('{"__proto__":1}')],
    ['long bytes', { a: new Uint8Array(1_025) }],
    ['numbers of another kind', { a: new Int8Array(2) }],
    ['a bigint alone', 1n],
    ['a negative zero alone', -0],
    ['a text alone that is not ASCII', 'é'],
    ['a long text alone', 'x'.repeat(256)],
  ])('is not %s, however often it comes', (_, message: unknown) => {
    const cross = crossing();
    const crossings = Array.from({ length: OFTEN * 2 }, () => cross(message));
    for (const { received } of crossings) assert.deepStrictEqual(received, message);
    expect(crossings.some(({ flat }) => flat)).toBe(false);
  });
});

test('any message is the same on the other side, amid flat ones', () => {
  const cross = crossing();
  fc.assert(
    fc.property(anyMessage, fc.nat(5), (message, target) => {
      assert.deepStrictEqual(cross({ n: target }, target).received, { n: target });
      assert.deepStrictEqual(cross(message, target).received, asReceived(message));
    }),
    { numRuns: 500 },
  );
});

test('messages take another form while no shape can be added', () => {
  const neverNow = vi.spyOn(ShapeRegistry.prototype, 'register').mockReturnValue(undefined);
  const cross = crossing();
  for (let n = 0; n < OFTEN; n++) expect(cross({ n })).toEqual({ received: { n }, flat: false });
  expect(neverNow.mock.calls.length).toBeGreaterThan(0);
  neverNow.mockRestore();
  for (let n = 0; n < OFTEN; n++) expect(cross({ n }).received).toEqual({ n });
  expect(cross({ n: -1 })).toEqual({ received: { n: -1 }, flat: true });
});
