/**
 * The egresses of a module.yaml as egresses of ours. As in StateFun a function hands over the record of its SDK, in
 * StateFun's bytes, and nothing else is taken; a function of ours may hand over the record itself. Whoever consumes the
 * egress gets plain records: connectors that take them from here to Kafka and Kinesis there are none yet.
 */
import { type AnyEgress, defineEgress, type EgressSink } from '../sdk/egress.ts';
import { describe } from '../sdk/errors.ts';
import type { StandardSchema } from '../sdk/schema.ts';
import {
  KAFKA_RECORD_TYPE,
  type KafkaRecord,
  KINESIS_RECORD_TYPE,
  type KinesisRecord,
  readKafkaRecord,
  readKinesisRecord,
} from '../statefun/egress-records.ts';
import { isTypedValue } from '../statefun/typed-value.ts';
import type { EgressDescription } from './module-description.ts';

/** Where the records of an egress go: `ndjsonSink`, or any other. */
// oxlint-disable-next-line typescript/no-explicit-any -- a sink of Kafka records, of Kinesis records, or of both
export type RecordSink = EgressSink<any>;

export function egressOf({ id: type, kind }: EgressDescription, sink: RecordSink | undefined): AnyEgress {
  const records = kind === 'io.statefun.kafka.v1/egress' ? KAFKA_RECORDS : KINESIS_RECORDS;
  return defineEgress<unknown>(sink === undefined ? { type, records } : { type, records, sink });
}

const utf8 = new TextEncoder();

const KAFKA_RECORDS: StandardSchema<unknown, KafkaRecord> = schemaOf(KAFKA_RECORD_TYPE, (given) => {
  if (isTypedValue(given)) return named(readKafkaRecord(given), 'topic');
  const { topic, key, value } = given as Readonly<Record<string, unknown>>;
  return named({ topic: textOf('topic', topic), key: optionalText('key', key), value: bytesOf(value) }, 'topic');
});

const KINESIS_RECORDS: StandardSchema<unknown, KinesisRecord> = schemaOf(KINESIS_RECORD_TYPE, (given) => {
  if (isTypedValue(given)) return named(readKinesisRecord(given), 'stream');
  const { stream, partitionKey, hashKey, value } = given as Readonly<Record<string, unknown>>;
  const record = {
    stream: textOf('stream', stream),
    partitionKey: textOf('partitionKey', partitionKey),
    hashKey: optionalText('hashKey', hashKey),
    value: bytesOf(value),
  };
  return named(record, 'stream');
});

/** A record that goes nowhere is refused while somebody knows who made it. */
function named<Record extends { readonly [name in Name]: string }, Name extends string>(
  record: Record,
  name: Name,
): Record {
  if (record[name] === '') throw new TypeError(`its ${name} is empty`);
  return record;
}

function textOf(name: string, given: unknown): string {
  if (typeof given === 'string') return given;
  throw new TypeError(`its ${name} must be a text, not ${describe(given)}`);
}

function optionalText(name: string, given: unknown): string | undefined {
  return given === undefined || given === null || given === '' ? undefined : textOf(name, given);
}

function bytesOf(given: unknown): Uint8Array {
  if (given instanceof Uint8Array) return given;
  if (typeof given === 'string') return utf8.encode(given);
  throw new TypeError(`its value must be bytes or a text, not ${describe(given)}`);
}

/** What it throws is why a record is refused. */
function schemaOf<Record>(typename: string, take: (given: object) => Record): StandardSchema<unknown, Record> {
  const validate = (given: unknown): { value: Record } | { issues: readonly { message: string }[] } => {
    if (typeof given !== 'object' || given === null) {
      return { issues: [{ message: `it takes values of type ${typename}, not ${describe(given)}` }] };
    }
    try {
      return { value: take(given) };
    } catch (error) {
      return { issues: [{ message: (error as Error).message }] };
    }
  };
  return { '~standard': { version: 1, vendor: 'millrace', validate } };
}
