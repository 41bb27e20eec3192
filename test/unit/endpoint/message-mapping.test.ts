import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MessageMapping } from '../../../src/endpoint/message-mapping.ts';
import { encodeResponse } from '../../../src/statefun/protocol-codec.ts';
import { NO_EFFECTS } from '../../../src/statefun/protocol.ts';
import type { TypedValue } from '../../../src/statefun/typed-value.ts';
import { IntType, jsonType, StringType } from '../../../src/statefun/types.ts';
import { inPlace } from '../../conformance/statefun/endpoint-functions.ts';
import { anyMessage, asReceived } from '../wire/messages.ts';

const none = { types: [], sends: {}, egresses: {}, itemCountMax: 100_000 };
const mapping = new MessageMapping(none);

const typenameOf = (message: unknown): string => mapping.message(message, 'a/b').typename;

test('what one of our functions sends another arrives as it was', () => {
  fc.assert(
    fc.property(anyMessage, (message) => {
      const arrived = mapping.read(inPlace(mapping.message(message, 'a/b')));
      expect(isDeepStrictEqual(arrived, asReceived(message))).toBe(true);
    }),
    { numRuns: 1_000 },
  );
});

test('what is written late is written as the bytes that it says it has', () => {
  const inResponse = (argument: TypedValue): Uint8Array =>
    encodeResponse({ ...NO_EFFECTS, egresses: [{ egress: 'a/out', argument }] });
  fc.assert(
    fc.property(anyMessage, (message) => {
      const sent = mapping.message(message, 'a/b');
      expect(inResponse(sent)).toEqual(inResponse({ typename: sent.typename, value: sent.value }));
    }),
    { numRuns: 1_000 },
  );
  expect(inResponse(mapping.message('', 'a/b'))).toEqual(
    inResponse({ typename: StringType.typename, value: new Uint8Array(0) }),
  );
});

test.each([
  ['text', 'io.statefun.types/string'],
  ['\ud800', 'millrace/value'],
  ['\ufeffmarked', 'io.statefun.types/string'],
  [true, 'io.statefun.types/bool'],
  [0, 'io.statefun.types/int'],
  [-0, 'millrace/value'],
  [2 ** 31 - 1, 'io.statefun.types/int'],
  [-(2 ** 31), 'io.statefun.types/int'],
  [2 ** 31, 'io.statefun.types/double'],
  [1.5, 'io.statefun.types/double'],
  [Number.NaN, 'io.statefun.types/double'],
  [2n ** 63n - 1n, 'io.statefun.types/long'],
  [-(2n ** 63n), 'io.statefun.types/long'],
  [2n ** 63n, 'millrace/value'],
  [undefined, 'millrace/value'],
  [null, 'millrace/value'],
  [{ a: 1 }, 'millrace/value'],
  [{ typename: 'a/b' }, 'millrace/value'],
  [{ typename: 'a/b', value: 'text' }, 'millrace/value'],
  [{ typename: 'a/b', value: undefined, more: 1 }, 'millrace/value'],
  [{ typename: 'word', value: undefined }, 'millrace/value'],
  [{ typename: 'a/b', value: new Uint8Array(2) }, 'a/b'],
  [{ typename: 'a/b', value: undefined }, 'a/b'],
])('%o goes as %s', (message, typename) => {
  expect(typenameOf(message)).toBe(typename);
  expect(isDeepStrictEqual(mapping.read(inPlace(mapping.message(message, 'a/b'))), message)).toBe(true);
});

test('a typed value goes as a copy of itself', () => {
  const value = Uint8Array.of(1, 2, 3);
  const sent = mapping.message({ typename: 'a/b', value }, 'a/b');
  value[0] = 9;
  expect(sent).toEqual({ typename: 'a/b', value: Uint8Array.of(1, 2, 3) });
});

describe('types of others', () => {
  interface Login {
    readonly user: string;
  }
  const login = jsonType<Login>('greeter/Login');

  test('arrive as what they hold if they are listed, and as typed values if not', () => {
    const value = login.serialize({ user: 'Kim' });
    const known = new MessageMapping({ ...none, types: [login] });
    expect(known.read(inPlace({ typename: 'greeter/Login', value }))).toEqual({ user: 'Kim' });
    expect(known.read(inPlace({ typename: 'greeter/Login', value: undefined }))).toBeUndefined();
    expect(mapping.read(inPlace({ typename: 'greeter/Login', value }))).toEqual({
      typename: 'greeter/Login',
      value: new Uint8Array(value),
    });
  });

  test('are made of what goes to those who want them: by function, by namespace, by egress', () => {
    const rules = new MessageMapping({
      ...none,
      sends: { 'java/person': login, 'py/*': (text: string) => ({ typename: 'py/Text', value: Buffer.from(text) }) },
      egresses: { 'java/person': StringType },
    });
    expect(rules.message({ user: 'Kim' }, 'java/person').typename).toBe('greeter/Login');
    expect(rules.message('x', 'java/other').typename).toBe('io.statefun.types/string');
    expect(rules.message('x', 'py/any')).toMatchObject({ typename: 'py/Text', value: Buffer.from('x') });
    expect(rules.record('x', 'java/person').typename).toBe('io.statefun.types/string');
    const typed: TypedValue = { typename: 'own/Type', value: undefined };
    expect(rules.message(typed, 'java/person')).toEqual(typed);
  });

  test('that write into the same bytes each time, and those that write none', () => {
    const scratch = Buffer.alloc(1);
    const reusing = { typename: 'own/Byte', serialize: (byte: number) => scratch.fill(byte), deserialize: () => 0 };
    const ofText = { typename: 'own/Text', serialize: (text: string) => text as never, deserialize: String };
    const rules = new MessageMapping({ ...none, sends: { 'a/b': reusing, 'a/c': ofText } });
    const sent = [1, 2].map((byte) => rules.message(byte, 'a/b'));
    expect(sent.map(({ value }) => [...(value ?? [])])).toEqual([[1], [2]]);
    expect(() => rules.message('x', 'a/c')).toThrow('The type own/Text makes "x" of a value, and not bytes');
  });

  test('that cannot say it are refused where it is sent', () => {
    const rules = new MessageMapping({ ...none, sends: { 'a/b': IntType, 'a/c': () => 5 as never } });
    const refused = (target: string) => () => rules.message(1.5, target);
    expect(refused('a/b')).toThrow(expect.objectContaining({ code: 'MESSAGE_NOT_ENCODABLE' }));
    expect(refused('a/b')).toThrow('The rule for messages to a/b threw: 1.5 is no value of type');
    expect(refused('a/c')).toThrow('The rule for messages to a/c has given no TypedValue.');
  });
});

test('what is no message is refused where it is sent, and bytes that are none where they arrive', () => {
  const code = (expected: string): unknown => expect.objectContaining({ code: expected });
  expect(() => mapping.message(() => 1, 'a/b')).toThrow(code('MESSAGE_NOT_ENCODABLE'));
  expect(() => mapping.message({ [Symbol('key')]: 1 }, 'a/b')).toThrow(code('MESSAGE_NOT_ENCODABLE'));
  const reading = (typename: string, byte: number) => () =>
    mapping.read(inPlace({ typename, value: Uint8Array.of(byte) }));
  expect(reading('millrace/value', 0)).toThrow(code('MESSAGE_INVALID'));
  expect(reading('io.statefun.types/int', 1)).toThrow(code('TYPE_MISMATCH'));
});
