/**
 * What functions hand to the generic Kafka and Kinesis egresses (package `io.statefun.sdk.egress`).
 *
 * ```
 *  KafkaProducerRecord             KinesisEgressRecord
 *  ├ 1 key           string        ├ 1 partition_key       string
 *  ├ 2 value_bytes   bytes         ├ 2 value_bytes         bytes
 *  └ 3 topic         string        ├ 3 stream              string
 *                                  └ 4 explicit_hash_key   string
 * ```
 *
 * An empty key or hash key is none. The Java SDK lets a program put any bytes into a key, so keys are read as text that
 * may be ill-formed: what is not UTF-8 becomes the replacement character.
 */
import { ProtobufReader } from './protobuf-reader.ts';
import { ProtobufWriter } from './protobuf-writer.ts';
import { FIELD_1, FIELD_2, FIELD_3, FIELD_4 } from './protocol-layout.ts';
import { typeMismatch } from './type.ts';
import type { TypedValue } from './typed-value.ts';

export const KAFKA_RECORD_TYPE = 'type.googleapis.com/io.statefun.sdk.egress.KafkaProducerRecord';
export const KINESIS_RECORD_TYPE = 'type.googleapis.com/io.statefun.sdk.egress.KinesisEgressRecord';

export interface KafkaRecord {
  readonly topic: string;
  /** Undefined: a record without a key. */
  readonly key: string | undefined;
  readonly value: Uint8Array;
}

export interface KinesisRecord {
  readonly stream: string;
  readonly partitionKey: string;
  readonly hashKey: string | undefined;
  readonly value: Uint8Array;
}

const FIELD_COUNT_MAX = 1000;
const FIELDS_1_TO_3 = 0b1110;
const FIELDS_1_TO_4 = 0b1_1110;

const writer = new ProtobufWriter();

/** A Kafka record as what `ctx.egress` of a Kafka egress takes. */
export function kafkaRecord({ topic, key, value }: KafkaRecord): TypedValue {
  return written(KAFKA_RECORD_TYPE, topic, key, value, undefined);
}

export function kinesisRecord({ stream, partitionKey, hashKey, value }: KinesisRecord): TypedValue {
  return written(KINESIS_RECORD_TYPE, stream, partitionKey, value, hashKey);
}

function written(
  typename: string,
  destination: string,
  key: string | undefined,
  value: Uint8Array,
  hashKey: string | undefined,
): TypedValue {
  writer.begin();
  writer.string(FIELD_4, hashKey ?? '');
  writer.string(FIELD_3, destination);
  if (value.length > 0) writer.bytes(FIELD_2, value);
  writer.string(FIELD_1, key ?? '');
  return { typename, value: writer.finish() };
}

/**
 * The Kafka record in a typed value.
 *
 * @throws MillraceError `TYPE_MISMATCH` if it holds something else, `MALFORMED_BATCH` if its bytes are damaged
 */
export function readKafkaRecord(value: TypedValue): KafkaRecord {
  const record = read(value, KAFKA_RECORD_TYPE, FIELDS_1_TO_3);
  return { topic: record.destination, key: record.key || undefined, value: record.value };
}

/** The Kinesis record in a typed value. Throws like `readKafkaRecord`. */
export function readKinesisRecord(value: TypedValue): KinesisRecord {
  const { destination, key, hashKey, value: bytes } = read(value, KINESIS_RECORD_TYPE, FIELDS_1_TO_4);
  return { stream: destination, partitionKey: key, hashKey: hashKey || undefined, value: bytes };
}

function read(
  { typename, value }: TypedValue,
  expected: string,
  known: number,
): { destination: string; key: string; hashKey: string; value: Uint8Array } {
  if (typename !== expected || value === undefined) {
    const given = value === undefined ? 'no value' : `a value of type ${JSON.stringify(typename)}`;
    throw typeMismatch(`This egress takes ${expected}, and was given ${given}`);
  }
  const reader = new ProtobufReader(value, 'egress record', FIELD_COUNT_MAX);
  const record = { destination: '', key: '', hashKey: '', value: new Uint8Array(0) as Uint8Array };
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === FIELD_1) record.key = reader.looseString();
    else if (tag === FIELD_2) record.value = reader.bytes();
    else if (tag === FIELD_3) record.destination = reader.looseString();
    else if (tag === FIELD_4 && known === FIELDS_1_TO_4) record.hashKey = reader.looseString();
    else reader.skip(tag, known);
  }
  return record;
}
