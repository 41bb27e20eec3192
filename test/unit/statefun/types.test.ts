/**
 * Types against those of the official package, which ours must agree with and can be used beside; and typed values.
 */
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readInPlace, readTyped, Type, type TypeLike, typedValue } from '../../../src/statefun/type.ts';
import {
  BooleanType,
  customType,
  FloatType,
  IntType,
  jsonType,
  protoType,
  StringType,
  typedText,
} from '../../../src/statefun/types.ts';
import { ValueInPlace } from '../../../src/statefun/typed-value.ts';
import { officialClass } from '../../conformance/statefun/official.ts';
import { toHex } from '../../conformance/statefun/golden.ts';

const require = createRequire(import.meta.url);
const official = require('apache-flink-statefun') as typeof import('apache-flink-statefun');

const RUNS = { numRuns: 200 };

function alike<T>(ours: Type<T>, theirs: TypeLike<T>, values: fc.Arbitrary<T>): boolean {
  fc.assert(
    fc.property(values, (value) => {
      const bytes = ours.serialize(value);
      expect(toHex(bytes)).toBe(toHex(theirs.serialize(value)));
      expect(ours.deserialize(bytes)).toEqual(theirs.deserialize(bytes));
      expect(readInPlace(ours, amid(ours.typename, bytes))).toEqual(ours.deserialize(bytes));
    }),
    RUNS,
  );
  return ours.typename === theirs.typename;
}

/** The value where it lies in a request, with other bytes around it. */
function amid(typename: string, bytes: Uint8Array): ValueInPlace {
  const around = Buffer.from([0x0a, 0xff, 0x01]);
  const source = Buffer.concat([around, bytes, around]);
  return new ValueInPlace(typename, true, source, around.length, around.length + bytes.length);
}

test('a value that is cut off in a request is refused, whatever comes behind it there', () => {
  const cut = amid(StringType.typename, Buffer.from([0x0a, 0x02, 0x61]));
  expect(() => readInPlace(StringType, cut)).toThrow('3 bytes are no value of type io.statefun.types/string');
  expect(() => readInPlace(IntType, amid(IntType.typename, Buffer.from([0x0d, 1, 2, 3])))).toThrow('4 bytes');
});

test("a type of a program's own gets bytes that it may keep and change", () => {
  const kept: Buffer[] = [];
  const type = customType<number>(
    'test/kept',
    () => Buffer.alloc(0),
    (bytes) => kept.push(bytes.fill(7)),
  );
  const place = amid('test/kept', Buffer.from([1, 2]));
  expect(readInPlace(type, place)).toBe(1);
  expect([kept[0].length, place.source.includes(7)]).toEqual([2, false]);
});

test('a text has a short way to a typed value, which is the same', () => {
  const texts = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom('x'.repeat(64), 'x'.repeat(65)));
  fc.assert(
    fc.property(texts, (text) => {
      const typed = text.isWellFormed() ? typedValue(StringType, text) : undefined;
      expect(typedText(text)).toEqual(typed);
    }),
    RUNS,
  );
  expect(typedText('\ud800')).toBe(undefined);
  expect(typedText('')).toEqual({ typename: StringType.typename, value: new Uint8Array(0) });
});

describe('against the official package', () => {
  const { StateFun } = official;
  test('bool', () => expect(alike(BooleanType, StateFun.booleanType(), fc.boolean())).toBe(true));
  test('int', () => expect(alike(IntType, StateFun.intType(), fc.integer())).toBe(true));
  // Theirs writes -0 as 0, and another of the many bit patterns of NaN.
  test('float', () => {
    const values = fc.float({ noNaN: true }).map((value) => value + 0);
    expect(alike(FloatType, StateFun.floatType(), values)).toBe(true);
  });
  test('string', () =>
    expect(alike(StringType, StateFun.stringType(), fc.string({ unit: 'binary', maxLength: 400 }))).toBe(true));
  test('json', () => expect(alike(jsonType('a/j'), StateFun.jsonType('a/j'), fc.jsonValue())).toBe(true));
  test('custom', () => {
    const [write, read] = [(text: string) => Buffer.from(text, 'latin1'), (bytes: Buffer) => bytes.toString('latin1')];
    expect(alike(customType('a/c', write, read), StateFun.customType('a/c', write, read), fc.string())).toBe(true);
  });
  test('proto', () => {
    const Address = officialClass('reqreply.Address');
    const message = Address.deserializeBinary(Buffer.from('0a0161', 'hex'));
    const type = protoType<typeof message>('a/p', Address);
    expect(toHex(type.serialize(message))).toBe('0a0161');
    expect(type.deserialize(Buffer.from('0a0161', 'hex')).toObject()).toEqual(message.toObject());
  });
});

test.for(['', 'a', '/a', 'a/', '/', undefined, 5])('%o is no name of a type', (name) => {
  expect(() => jsonType(name as string)).toThrow(expect.objectContaining({ code: 'INVALID_TYPE_NAME' }));
});

test('the last slash divides a name', () => {
  expect(jsonType('a/b/c').typename).toBe('a/b/c');
});

describe('typed values', () => {
  test('there and back', () => {
    expect(readTyped(IntType, typedValue(IntType, 5))).toBe(5);
    expect(typedValue(IntType, 0)).toEqual({ typename: 'io.statefun.types/int', value: new Uint8Array(0) });
  });

  test('a type of the official package', () => {
    const type = official.StateFun.intType();
    expect(typedValue(type, 5)).toEqual(typedValue(IntType, 5));
    expect(readTyped(type, typedValue(IntType, 5))).toBe(5);
  });

  test('no value, whatever the type', () => {
    expect(readTyped(IntType, { typename: 'x/y', value: undefined })).toBeUndefined();
  });

  test('another type', () => {
    expect(() => readTyped(IntType, typedValue(StringType, ''))).toThrow(
      expect.objectContaining({ code: 'TYPE_MISMATCH', message: expect.stringContaining('io.statefun.types/string') }),
    );
  });

  test('bytes that are no JSON, a value that has none, a type that makes no bytes', () => {
    const json = jsonType<unknown>('a/j');
    const mismatch = expect.objectContaining({ code: 'TYPE_MISMATCH' });
    expect(() => json.deserialize(Buffer.from('{'))).toThrow(mismatch);
    expect(() => json.serialize(undefined)).toThrow(mismatch);
    expect(() =>
      typedValue(
        customType(
          'a/t',
          () => 'text' as never,
          () => '',
        ),
        '',
      ),
    ).toThrow(mismatch);
  });

  test('the bytes are plain and shared with nobody', () => {
    const buffer = Buffer.from('abc');
    const { value } = typedValue(
      customType<string>(
        'a/t',
        () => buffer,
        () => '',
      ),
      '',
    );
    buffer.fill(0);
    expect(value).toEqual(Uint8Array.from([97, 98, 99]));
    expect(Object.getPrototypeOf(value)).toBe(Uint8Array.prototype);
  });

  test('a class of a program', () => {
    class Upper extends Type<string> {
      constructor() {
        super('a/upper');
      }
      override serialize(value: string): Buffer {
        return Buffer.from(value.toUpperCase());
      }
      override deserialize(bytes: Buffer): string {
        return bytes.toString();
      }
    }
    expect(readTyped(new Upper(), typedValue(new Upper(), 'hi'))).toBe('HI');
  });
});
