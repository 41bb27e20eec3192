/**
 * From a record of Kafka or Kinesis to messages, as StateFun routes it: the record's key is the id, its bytes travel
 * under the type name that its topic has, and every target of the topic gets one message. A pure function, for whoever
 * reads the records: a connector, or a source that stands in for one.
 */
import { ID_LENGTH_MAX } from '../sdk/address.ts';
import { describe } from '../sdk/errors.ts';
import type { TypedValue } from '../statefun/typed-value.ts';
import type { RecordRoute } from './module-description.ts';

/** A record as a source gives it. Text stands for its bytes in UTF-8. */
export interface KeyedRecord {
  /** Its key, or its partition key. Without one it has nowhere to go. */
  readonly key?: Uint8Array | string | null;
  /** Its bytes as they are: nothing wraps or parses them. What is no text and no bytes stands for its JSON. */
  readonly value?: unknown;
}

/** A record of the ingress `io.statefun.kafka.v1/ingress`. */
export interface KafkaIngressRecord extends KeyedRecord {
  readonly topic: string;
}

/** A record of the ingress `io.statefun.kinesis.v1/ingress`. */
export interface KinesisIngressRecord extends KeyedRecord {
  readonly stream: string;
}

export interface RoutedMessage {
  readonly target: string;
  readonly id: string;
  readonly message: TypedValue;
}

/** The messages of a record, or why it has none. */
export type RoutedRecord =
  | { readonly messages: readonly RoutedMessage[]; readonly refusal?: undefined }
  | { readonly refusal: string };

const utf8Decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const utf8Encoder = new TextEncoder();

/** Routes a record that came from this topic or stream. */
export function routeRecord(routes: readonly RecordRoute[], from: string, record: KeyedRecord): RoutedRecord {
  const route = routes.find((each) => each.from === from);
  if (route === undefined) return { refusal: `no target is bound to ${describe(from)}` };
  const { key } = record;
  if (key === null || key === undefined)
    return { refusal: `a record of ${describe(from)} has no key, which is its id` };
  const id = typeof key === 'string' ? key : decodeKey(key);
  if (typeof id !== 'string' || id === '' || id.length > ID_LENGTH_MAX) {
    return { refusal: `the key of a record of ${describe(from)} is no id: ${describe(id)}` };
  }
  const value = bytesOf(record.value);
  if (value === undefined) return { refusal: `the record ${describe(id)} of ${describe(from)} has no value` };
  const { valueType: typename, targets } = route;
  return { messages: targets.map((target) => ({ target, id, message: { typename, value } })) };
}

function decodeKey(key: unknown): unknown {
  return key instanceof Uint8Array ? utf8Decoder.decode(key) : key;
}

function bytesOf(value: unknown): Uint8Array | undefined {
  if (value === null || value === undefined) return undefined;
  if (value instanceof Uint8Array) return value;
  return utf8Encoder.encode(typeof value === 'string' ? value : JSON.stringify(value));
}
