/**
 * What comes out is what went in: for any message, whether it was only copied or encoded and decoded, and whatever kind
 * of memory it lay in meanwhile (I11). Compared with Node's own deepStrictEqual, which sees prototypes, -0 and NaN.
 */
import assert from 'node:assert';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MessageGate } from '../../../src/wire/message-gate.ts';
import { PayloadCodec } from '../../../src/wire/payload-codec.ts';
import { copyMessage, PLAIN, tally } from '../../../src/wire/structured-data.ts';
import { anyMessage, asReceived } from './messages.ts';

const MESSAGE_BYTES_MAX = 1 << 24;
const codec = new PayloadCodec(MESSAGE_BYTES_MAX);
const gate = new MessageGate(codec, true);
/** Another thread has a codec of its own. */
const elsewhere = new PayloadCodec(MESSAGE_BYTES_MAX);

const BUILTINS = [Object.prototype, Array.prototype, Function.prototype, Map.prototype, Array.prototype.map];
const builtinNames = (): number[] => BUILTINS.map((builtin) => Reflect.ownKeys(builtin).length);
const namesBefore = builtinNames();

/** As if it had crossed a thread: through bytes at some place in shared (or other) memory. */
function crossed(message: unknown, memory: ArrayBufferLike = new SharedArrayBuffer(1 << 16), at = 40): unknown {
  const admitted = gate.admit(message);
  codec.encode(admitted, gate.form);
  const { byteLength } = codec;
  const room = byteLength + at <= memory.byteLength ? memory : new SharedArrayBuffer(byteLength + at);
  const bytes = new Uint8Array(room).fill(0xef);
  bytes.set(codec.bytes.subarray(0, byteLength), at);
  const received = elsewhere.decode(bytes, at, at + byteLength, codec.rich);
  // A ring gives the bytes away as soon as the handler returns; nothing may still point there.
  bytes.fill(0x2a);
  return received;
}

/** How a message arrives: the same by both ways, or this throws. */
function arrival(message: unknown, expected: unknown = asReceived(message)): 'as expected' {
  assert.deepStrictEqual(copyMessage(message), expected);
  assert.deepStrictEqual(crossed(message), expected);
  return 'as expected';
}

describe('any message', () => {
  test('is the same after a copy and after a crossing', () => {
    fc.assert(
      fc.property(anyMessage, fc.constantFrom(0, 4, 100), (message, at) => {
        const expected = asReceived(message);
        assert.deepStrictEqual(copyMessage(message), expected);
        assert.deepStrictEqual(crossed(message, new SharedArrayBuffer(4096), at), expected);
        assert.deepStrictEqual(crossed(message, new ArrayBuffer(4096), at), expected);
      }),
      { numRuns: 3_000 },
    );
  });

  test('shares nothing with its copy', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        const copy = copyMessage(message);
        const before = new Set(objectsIn(message));
        for (const object of objectsIn(copy)) expect(before.has(object)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  test('takes no more bytes than the copy has reckoned', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        tally.bytesBound = 0;
        tally.form = PLAIN;
        codec.encode(copyMessage(message), tally.form);
        expect(codec.byteLength).toBeLessThanOrEqual(tally.bytesBound);
      }),
      { numRuns: 2_000 },
    );
  });
});

/** The message itself and everything mutable below it. */
function objectsIn(value: unknown): object[] {
  if (typeof value !== 'object' || value === null) return [];
  if (ArrayBuffer.isView(value)) return [value, value.buffer];
  const items = value instanceof Map ? [...value].flat() : value instanceof Set ? [...value] : Object.values(value);
  return [value, ...items.flatMap(objectsIn)];
}

describe('messages that codecs get wrong', () => {
  test('long strings, of every kind, around every length', () => {
    for (const unit of ['a', 'é', '号', '🐎', '\ud800', '\ufeff', 'a\ufeff']) {
      for (const length of [0, 1, 15, 16, 31, 32, 63, 64, 65, 255, 256, 21_845, 65_535, 65_536, 200_000]) {
        expect(arrival(unit.repeat(length))).toBe('as expected');
        expect(arrival({ [unit.repeat(length)]: unit.repeat(length) })).toBe('as expected');
      }
    }
  });

  test('objects with more keys than the plain form counts', () => {
    for (const count of [15, 16, 65_535, 65_536]) {
      const object = Object.fromEntries(Array.from({ length: count }, (_, index) => [`key-${index}`, index]));
      expect(arrival(object)).toBe('as expected');
      expect(arrival([object, new Map([[object, -0]])])).toBe('as expected');
    }
  });

  test('large arrays, maps and sets', () => {
    const items = Array.from({ length: 70_000 }, (_, index) => index - 35_000);
    expect(arrival(items)).toBe('as expected');
    expect(arrival(new Set(items))).toBe('as expected');
    expect(arrival(new Map(items.map((item) => [item, String(item)])))).toBe('as expected');
  });

  test('more than 64 record shapes beside a map, each used again', () => {
    const shapes = Array.from({ length: 200 }, (_, index) => ({
      [`key-${index}`]: index,
      [`x-${index % 7}`]: [index],
    }));
    expect(arrival({ map: new Map([[1, 2]]), shapes: [...shapes, ...shapes.toReversed(), ...shapes] })).toBe(
      'as expected',
    );
  });

  test('keys that are names of something', () => {
    const hostile = JSON.parse(
      '{"a":1,"__keys__":2,"length":3,"map":{"__proto__":{"polluted":1}},"constructor":{"prototype":{}}}',
    );
    expect(arrival(hostile)).toBe('as expected');
    expect(arrival([new Set([hostile]), hostile, { ...hostile, b: 1 }])).toBe('as expected');
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  test('an own __proto__ stays an own property', () => {
    for (const text of [
      '{"__proto__":-1}',
      '{"__proto__":0,"a":[]}',
      '[{"__proto__":null}]',
      '{"__proto__":{"__proto__":"x"}}',
    ]) {
      expect(arrival(JSON.parse(text))).toBe('as expected');
    }
    const copy = crossed(JSON.parse('{"__proto__":{"x":1}}')) as object;
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
    expect(Object.getOwnPropertyDescriptor(copy, '__proto__')?.value).toEqual({ x: 1 });
  });

  test('null prototypes become ordinary objects, getters their values, hidden properties nothing', () => {
    const strange = Object.create(null, {
      shown: { value: 1, enumerable: true },
      hidden: { value: 2, enumerable: false },
      got: { get: () => [3], enumerable: true },
    }) as object;
    expect(arrival(strange, { shown: 1, got: [3] })).toBe('as expected');
  });

  test('arrays lose their holes and their extra properties', () => {
    const array = Object.assign([1], { 2: 3, extra: 1 });
    expect(arrival(array, [1, undefined, 3])).toBe('as expected');
  });

  test('bytes arrive as a Uint8Array of their own, whatever they were a view of', () => {
    const large = new Uint8Array(100_000).fill(7);
    for (const view of [large, large.subarray(5, 9), Buffer.from(large), new Uint8Array(new SharedArrayBuffer(8))]) {
      expect(arrival(view, new Uint8Array(view))).toBe('as expected');
      const { buffer } = crossed({ view }) as { buffer?: unknown };
      expect(buffer).toBeUndefined();
      const received = (crossed([view]) as Uint8Array[])[0];
      expect(received.constructor).toBe(Uint8Array);
      expect(received.buffer).toBeInstanceOf(ArrayBuffer);
    }
  });

  test('frozen values', () => {
    expect(
      arrival(
        Object.freeze({ list: Object.freeze([Object.freeze({ a: -0 })]), map: Object.freeze(new Map([[1, 2]])) }),
      ),
    ).toBe('as expected');
  });

  test('values that occur twice arrive twice', () => {
    const shared = { a: [1] };
    expect(arrival({ one: shared, two: shared })).toBe('as expected');
    const received = crossed([shared, shared]) as object[];
    expect(received[0]).not.toBe(received[1]);
  });

  test('nesting as deep as is allowed', () => {
    let nested: unknown = new Map([[1, -0]]);
    for (let depth = 0; depth < 63; depth++) nested = depth % 2 ? [nested] : { nested };
    expect(arrival(nested)).toBe('as expected');
  });
});

class Account {}
class Scores extends Map<string, number> {}
class Bytes extends Uint8Array {}

describe('what is no message', () => {
  const cycle: Record<string, unknown> = {};
  cycle['self'] = { cycle };
  const deep = Array.from({ length: 65 }).reduce<unknown>((inner) => [inner], 0);
  const functions = { of: 'x', go: () => {} };
  test.each([
    ['a function', functions, /a function \(go\) \(at \.go\)/],
    ['a symbol', [Symbol('x')], /Symbol\(x\) \(at \[0\]\)/],
    ['a symbol key', { a: { [Symbol('x')]: 1 } }, /symbol keys \(at \.a\)/],
    ['a class instance', { list: [1, new Account()] }, /an instance of Account \(at \.list\[1\]\)/],
    ['a map of a class of its own', new Map([['k', new Scores()]]), /an instance of Scores \(at \.k\)/],
    ['bytes of a class of their own', new Bytes(3), /an instance of Bytes/],
    ['an error', new Set([new Error('x')]), /an instance of Error/],
    ['a regular expression', /x/, /an instance of RegExp/],
    ['an ArrayBuffer', new ArrayBuffer(8), /an instance of ArrayBuffer/],
    ['shared memory', { m: new SharedArrayBuffer(8) }, /an instance of SharedArrayBuffer \(at \.m\)/],
    ['a DataView', new DataView(new ArrayBuffer(8)), /an instance of DataView/],
    ['a promise', Promise.resolve(), /an instance of Promise/],
    ['a WeakMap', new WeakMap(), /an instance of WeakMap/],
    ['a boxed number', Object(1), /an instance of Number/],
    ['a cycle', cycle, /deeper than 64 levels \(or a cycle\)/],
    ['too deep a nesting', deep, /deeper than 64 levels/],
    ['an endless sparse array', Object.assign([], { length: 4e9 }), /an array of 4000000000/],
  ])('%s is refused, with the path to it', (_, message, expected) => {
    expect(() => gate.admit(message)).toThrow(expect.objectContaining({ code: 'MESSAGE_NOT_ENCODABLE' }));
    expect(() => gate.admit(message)).toThrow(expected);
  });

  test('newer typed arrays that not every Node has are refused', () => {
    const { Float16Array } = globalThis as { Float16Array?: new (length: number) => object };
    if (Float16Array === undefined) return;
    expect(() => gate.admit(new Float16Array(2))).toThrow(/an instance of Float16Array/);
  });

  test('outside development a symbol key is no part of the message', () => {
    expect(new MessageGate(codec, false).admit([{ a: 1, [Symbol('x')]: 1 }])).toMatchObject([{ a: 1 }]);
  });
});

describe('size', () => {
  const small = new PayloadCodec(65_536);
  const smallGate = new MessageGate(small, true);

  test.each([
    ['a string', 'x'.repeat(70_000)],
    ['bytes', new Uint8Array(70_000)],
    ['a list', Array.from({ length: 70_000 }, () => 1)],
    ['dates', Array.from({ length: 5_000 }, () => new Date(-1))],
    ['a bigint', 2n ** 600_000n],
    ['a map', new Map(Array.from({ length: 40_000 }, (_, index) => [index, index]))],
    ['keys', Object.fromEntries(Array.from({ length: 9_000 }, (_, index) => [`key-${index}`, null]))],
  ])('%s beyond maxMessageBytes is refused', (_, message) => {
    const error = catchError(() => smallGate.admit({ message }));
    expect(error).toMatchObject({ code: 'MESSAGE_TOO_LARGE', details: { maxBytes: 65_536 } });
  });

  test('the encoded size alone decides, to the byte', () => {
    const overhead = 3;
    expect(smallGate.admit('é'.repeat((65_536 - overhead - 3) / 2))).toHaveLength(32_765);
    expect(smallGate.admit(new Uint8Array(65_536 - 5))).toHaveLength(65_531);
    expect(() => smallGate.admit(new Uint8Array(65_536 - 4))).toThrow(
      /takes 65537 bytes; maxMessageBytes allows 65536/,
    );
  });

  test('a small message after a huge one has bytes of its own', () => {
    const bytes = (message: unknown): string => {
      codec.encode(gate.admit(message), gate.form);
      const { byteLength } = codec;
      expect(new Uint8Array(codec.words.buffer, codec.words.byteOffset).subarray(0, byteLength)).toEqual(
        new Uint8Array(codec.bytes.subarray(0, byteLength)),
      );
      return Buffer.from(codec.bytes.subarray(0, byteLength)).toString('hex');
    };
    const before = bytes({ small: 1 });
    for (const length of [70_000, 3_000_000, 100_000, 9_000_000]) {
      expect(arrival({ large: 'y'.repeat(length) })).toBe('as expected');
      expect(bytes({ small: 1 })).toBe(before);
    }
  });
});

function catchError(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}

test('after all of this the builtins are what they were', () => {
  expect(builtinNames()).toEqual(namesBefore);
});
