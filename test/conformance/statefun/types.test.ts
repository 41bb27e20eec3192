/**
 * Values of the built-in types and egress records as bytes, as all SDKs write them.
 */
import { expect, test } from 'vitest';
import {
  kafkaRecord,
  kinesisRecord,
  readKafkaRecord,
  readKinesisRecord,
} from '../../../src/statefun/egress-records.ts';
import type { Type } from '../../../src/statefun/type.ts';
import { BooleanType, DoubleType, FloatType, IntType, LongType, StringType } from '../../../src/statefun/types.ts';
import { fromHex, toHex } from './golden.ts';

type Case = readonly [type: Type<unknown>, value: unknown, hex: string];

function cases<T>(type: Type<T>, ...values: readonly (readonly [T, string])[]): Case[] {
  return values.map(([value, hex]) => [type as unknown as Type<unknown>, value, hex]);
}

const LONG_TEXT = 'é'.repeat(100);

test.for<Case>([
  ...cases(BooleanType, [true, '0801'], [false, '']),
  ...cases(
    IntType,
    [1, '0d01000000'],
    [-1, '0dffffffff'],
    [0, ''],
    [41, '0d29000000'],
    [2_147_483_647, '0dffffff7f'],
    [-2_147_483_648, '0d00000080'],
  ),
  ...cases(
    LongType,
    [1n, '090100000000000000'],
    [0n, ''],
    [2n ** 63n - 1n, '09ffffffffffffff7f'],
    [-(2n ** 63n), '090000000000000080'],
  ),
  ...cases(FloatType, [1.5, '0d0000c03f'], [0, ''], [Infinity, '0d0000807f'], [-0, '0d00000080']),
  ...cases(
    DoubleType,
    [1.5, '09000000000000f83f'],
    [0, ''],
    [Number.MIN_VALUE, '090100000000000000'],
    [-Infinity, '09000000000000f0ff'],
  ),
  ...cases(
    StringType,
    ['hi', '0a026869'],
    ['', ''],
    ['世', '0a03e4b896'],
    ['x'.repeat(127), `0a7f${'78'.repeat(127)}`],
    ['x'.repeat(128), `0a8001${'78'.repeat(128)}`],
    [LONG_TEXT, `0ac801${'c3a9'.repeat(100)}`],
  ),
])('#2 %s %s', ([type, value, hex]) => {
  expect(toHex(type.serialize(value))).toBe(hex);
  expect(type.deserialize(Buffer.from(fromHex(hex)))).toBe(value);
});

test('#2 not a number stays so', () => {
  expect(FloatType.deserialize(FloatType.serialize(Number.NaN))).toBeNaN();
  expect(DoubleType.deserialize(DoubleType.serialize(Number.NaN))).toBeNaN();
});

test.for([
  [BooleanType, '0800', false],
  [BooleanType, '0880808080808080808001', true],
  [IntType, '0d00000000', 0],
  [IntType, '10070d050000001a0178', 5],
  [IntType, '0d010000000d02000000', 2],
  [LongType, '090000000000000000', 0n],
  [StringType, '0a00', ''],
  [StringType, '12036162630a0178', 'x'],
] as const)('#3 %s of %s', ([type, hex, value]) => {
  expect(type.deserialize(Buffer.from(hex, 'hex'))).toBe(value);
});

test.for([
  [IntType, 1.5],
  [IntType, 2_147_483_648],
  [IntType, '1'],
  [LongType, 1],
  [LongType, 2n ** 63n],
  [FloatType, 1e39],
  [DoubleType, 1n],
  [BooleanType, 1],
  [StringType, 1],
  [StringType, '\ud800'],
] as const)('#2 %s does not hold %s', ([type, value]) => {
  const mismatch = expect.objectContaining({ code: 'TYPE_MISMATCH' });
  expect(() => (type as unknown as Type<unknown>).serialize(value)).toThrow(mismatch);
});

test.for([
  [IntType, '0801'],
  [IntType, '0d010000'],
  [StringType, '0a02c328'],
  [StringType, '0a05'],
  [LongType, 'ff'],
] as const)('#2 %s is not %s', ([type, hex]) => {
  const mismatch = expect.objectContaining({ code: 'TYPE_MISMATCH' });
  expect(() => type.deserialize(Buffer.from(hex, 'hex'))).toThrow(mismatch);
});

const KAFKA = 'type.googleapis.com/io.statefun.sdk.egress.KafkaProducerRecord';
const KINESIS = 'type.googleapis.com/io.statefun.sdk.egress.KinesisEgressRecord';

test.for([
  [{ topic: 't', key: undefined, value: Buffer.from('v') }, '1201761a0174'],
  [{ topic: 't', key: 'k', value: Buffer.from('v') }, '0a016b1201761a0174'],
  [{ topic: 't', key: undefined, value: Buffer.of(0, 0, 0, 1) }, '1204000000011a0174'],
] as const)('#1 Kafka record %o', ([record, hex]) => {
  expect(kafkaRecord(record)).toEqual({ typename: KAFKA, value: fromHex(hex) });
  expect(readKafkaRecord(kafkaRecord(record))).toEqual({ ...record, value: new Uint8Array(record.value) });
});

test('#1 Kinesis record', () => {
  const record = { stream: 's', partitionKey: 'p', hashKey: 'h', value: Buffer.from('v') };
  expect(kinesisRecord(record)).toEqual({ typename: KINESIS, value: fromHex('0a01701201761a0173220168') });
  expect(readKinesisRecord(kinesisRecord(record))).toEqual({ ...record, value: new Uint8Array(record.value) });
  expect(readKinesisRecord(kinesisRecord({ ...record, hashKey: undefined })).hashKey).toBeUndefined();
});

test('#3 a record key that is no text', () => {
  const value = fromHex('0a02c3281201761a0174');
  expect(readKafkaRecord({ typename: KAFKA, value })).toMatchObject({ topic: 't', key: '\ufffd(' });
});

test('a record of another type, or none, is refused', () => {
  const mismatch = expect.objectContaining({ code: 'TYPE_MISMATCH' });
  expect(() => readKafkaRecord({ typename: KINESIS, value: fromHex('') })).toThrow(mismatch);
  expect(() => readKinesisRecord({ typename: KINESIS, value: undefined })).toThrow(mismatch);
  const damaged = { typename: KAFKA, value: fromHex('0a05') };
  expect(() => readKafkaRecord(damaged)).toThrow(expect.objectContaining({ code: 'MALFORMED_BATCH' }));
});
