/**
 * Any message at all, for property tests: everything that structured data may hold, with a liking for what codecs get
 * wrong, and what a receiver should see of it.
 */
import fc from 'fast-check';

/** Keys that mean something to JavaScript, to JSON, or to a codec. */
const KEYS = [
  '',
  '0',
  '1',
  '-1',
  '__proto__',
  '__keys__',
  'constructor',
  'prototype',
  'toJSON',
  'hasOwnProperty',
  'then',
];
const MORE_KEYS = [
  'length',
  'size',
  'valueOf',
  'toString',
  'get',
  'set',
  'map',
  'push',
  '\ufeffkey',
  '\ud800',
  'é',
  '🐎',
];

/** Any string of UTF-16 units, unpaired surrogates and all. */
const anyText = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary', maxLength: 100 }),
  fc.string({ minLength: 60, maxLength: 70 }),
  fc
    .array(fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.constantFrom(0xfeff, 0xd800, 0xdfff, 0x41)), {
      maxLength: 80,
    })
    .map((units) => String.fromCharCode(...units)),
);

const anyKey = fc.oneof(
  { weight: 3, arbitrary: anyText },
  { weight: 2, arbitrary: fc.constantFrom(...KEYS, ...MORE_KEYS) },
);

const anyBigInt = fc.oneof(
  fc.bigInt(),
  fc.bigInt({ min: -(2n ** 66n), max: 2n ** 66n }),
  fc.bigInt({ min: -(2n ** 3000n), max: 2n ** 3000n }),
  fc.constantFrom(2n ** 63n, 2n ** 63n - 1n, -(2n ** 63n), -(2n ** 63n) - 1n, 2n ** 64n, 2n ** 64n - 1n, 2n ** 65536n),
);

const anyNumber = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.integer({ min: -0x120, max: 0x120 }),
  fc.constantFrom(
    -0,
    0,
    Number.NaN,
    Infinity,
    -Infinity,
    2 ** 32,
    2 ** 32 - 1,
    -(2 ** 31) - 1,
    2 ** 53,
    Number.MIN_VALUE,
  ),
);

const anyDate = fc.oneof(
  fc.date({ noInvalidDate: false }),
  fc.integer({ min: -5000, max: 5000 }).map((ms) => new Date(ms)),
  fc.constantFrom(8.64e15, -8.64e15, 2 ** 32 * 1000, 2 ** 34 * 1000 - 1, -1, -999, -1000).map((ms) => new Date(ms)),
);

const anyNumbers: fc.Arbitrary<unknown> = fc.oneof(
  fc.uint8Array(),
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  // A view into the middle of something larger.
  fc.uint8Array({ minLength: 3 }).map((bytes) => bytes.subarray(1, -1)),
  fc.int8Array(),
  fc.uint8ClampedArray(),
  fc.int16Array(),
  fc.uint16Array(),
  fc.int32Array(),
  fc.uint32Array(),
  fc.float32Array(),
  fc.float64Array(),
  fc.bigInt64Array(),
  fc.bigUint64Array(),
);

export const { message: anyMessage } = fc.letrec<{ message: unknown }>((tie) => ({
  message: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(null, undefined, true, false),
    anyNumber,
    anyText,
    anyBigInt,
    anyDate,
    anyNumbers,
    fc.array(tie('message'), { maxLength: 20 }),
    fc.sparseArray(tie('message'), { maxLength: 5 }),
    fc.dictionary(anyKey, tie('message'), { maxKeys: 20 }),
    fc.array(fc.tuple(tie('message'), tie('message')), { maxLength: 5 }).map((entries) => new Map(entries)),
    fc.array(tie('message'), { maxLength: 5 }).map((items) => new Set(items)),
  ),
}));

/** What a receiver should see: the same, with holes filled, buffers as bytes, and every object an ordinary one. */
export function asReceived(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Buffer.isBuffer(value)) return new Uint8Array(value);
  if (ArrayBuffer.isView(value) || value instanceof Date) return value;
  if (Array.isArray(value)) return Array.from(value, asReceived);
  if (value instanceof Set) return new Set([...value].map(asReceived));
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [asReceived(key), asReceived(item)]));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, asReceived(item)]));
}
