/**
 * Messages of a StateFun program: what a function is given, and what it builds to send, to functions and to egresses.
 */
import { describe, MillraceError } from '../sdk/errors.ts';
import { type KafkaRecord, kafkaRecord, type KinesisRecord, kinesisRecord } from './egress-records.ts';
import { Address } from './sdk-address.ts';
import { parseTypeName, readTyped, type TypeLike, typedValue, typeMismatch } from './type.ts';
import type { TypedValue } from './typed-value.ts';
import { BooleanType, DoubleType, FloatType, IntType, LongType, StringType } from './types.ts';

/** A message to a function, or the one that a function is invoked with. */
export class Message {
  /** Whom it is for. */
  readonly targetAddress: Address;
  readonly #typedValue: TypedValue;

  constructor(targetAddress: Address, value: TypedValue) {
    this.targetAddress = targetAddress;
    this.#typedValue = value;
  }

  /** The name of the type of its value. */
  get valueTypeName(): string {
    return this.#typedValue.typename;
  }

  /** A copy of the bytes of its value. Throws `TYPE_MISMATCH` if there is none. */
  get rawValueBytes(): Buffer {
    const { value } = this.#typedValue;
    if (value === undefined) throw typeMismatch('This message has no value');
    return Buffer.from(value);
  }

  get typedValue(): TypedValue {
    return this.#typedValue;
  }

  is<T>(type: TypeLike<T>): boolean {
    return type.typename === this.valueTypeName;
  }

  /** Its value; null if there is none. Throws `TYPE_MISMATCH` if it is of another type. */
  as<T>(type: TypeLike<T>): T | null {
    return readTyped(type, this.#typedValue) ?? null;
  }

  isString(): boolean {
    return this.is(StringType);
  }

  asString(): string | null {
    return this.as(StringType);
  }

  isBoolean(): boolean {
    return this.is(BooleanType);
  }

  asBoolean(): boolean | null {
    return this.as(BooleanType);
  }

  isInt(): boolean {
    return this.is(IntType);
  }

  asInt(): number | null {
    return this.as(IntType);
  }

  isLong(): boolean {
    return this.is(LongType);
  }

  asLong(): bigint | null {
    return this.as(LongType);
  }

  isFloat(): boolean {
    return this.is(FloatType);
  }

  asFloat(): number | null {
    return this.as(FloatType);
  }

  isDouble(): boolean {
    return this.is(DoubleType);
  }

  asDouble(): number | null {
    return this.as(DoubleType);
  }
}

/** A record for an egress; the builders make it. */
export class EgressMessage {
  /** `namespace/name` of the egress. */
  readonly typename: string;
  readonly typedValue: TypedValue;

  constructor(typename: string, value: TypedValue) {
    this.typename = typename;
    this.typedValue = value;
  }
}

export interface MessageOpts {
  /** `namespace/name` of the function. */
  typename: string;
  id: string;
  value: unknown;
  /** Not needed for a string, and for a whole number, which is sent as an int. */
  valueType?: TypeLike<unknown> | undefined;
}

/**
 * A message to a function.
 *
 * @throws MillraceError `INVALID_TYPE_NAME`, `INVALID_ID`, or `TYPE_MISMATCH` if there is no value, or none of its type
 */
export function messageBuilder({ typename, id, value, valueType }: MessageOpts): Message {
  const target = Address.fromTypeNameId(typename, id);
  return new Message(target, typedValue(valueType ?? deducedType(value), present(value)));
}

function deducedType(value: unknown): TypeLike<unknown> {
  if (typeof value === 'string') return StringType;
  if (Number.isSafeInteger(value)) return IntType;
  throw typeMismatch(`${describe(value)} needs a valueType: only of strings and whole numbers the type is plain`);
}

function present(value: unknown): unknown {
  if (value === undefined || value === null) throw typeMismatch('A message needs a value');
  return value;
}

export interface EgressOpts {
  /** `namespace/name` of the egress. */
  typename: string;
  value: unknown;
  /** Always needed. */
  valueType?: TypeLike<unknown>;
}

/** A record for any egress. Throws `INVALID_TYPE_NAME` or `TYPE_MISMATCH`. */
export function egressMessageBuilder({ typename, value, valueType }: EgressOpts): EgressMessage {
  parseTypeName(typename);
  if (valueType === undefined || valueType === null) throw typeMismatch('A record for an egress needs a valueType');
  return new EgressMessage(typename, typedValue(valueType, present(value)));
}

export interface KafkaEgressOpts {
  typename: string;
  topic: string;
  key?: string;
  value: unknown;
  /** Without one a string becomes UTF-8, a whole number four bytes (the highest first), and bytes are themselves. */
  valueType?: TypeLike<unknown>;
}

/** A record for a Kafka egress. Throws `INVALID_TYPE_NAME` or `TYPE_MISMATCH`. */
export function kafkaEgressMessage({ typename, topic, key, value, valueType }: KafkaEgressOpts): EgressMessage {
  parseTypeName(typename);
  const record: KafkaRecord = {
    topic: text('topic', topic),
    key: optionalText('key', key),
    value: recordBytes(value, valueType),
  };
  return new EgressMessage(typename, kafkaRecord(record));
}

export interface KinesisEgressOpts {
  typename: string;
  stream: string;
  partitionKey: string;
  hashKey?: string;
  value: unknown;
  /** As for Kafka. */
  valueType?: TypeLike<unknown>;
}

/** A record for a Kinesis egress. Throws `INVALID_TYPE_NAME` or `TYPE_MISMATCH`. */
export function kinesisEgressMessage(opts: KinesisEgressOpts): EgressMessage {
  parseTypeName(opts.typename);
  const record: KinesisRecord = {
    stream: text('stream', opts.stream),
    partitionKey: text('partitionKey', opts.partitionKey),
    hashKey: optionalText('hashKey', opts.hashKey),
    value: recordBytes(opts.value, opts.valueType),
  };
  return new EgressMessage(opts.typename, kinesisRecord(record));
}

function text(name: string, given: unknown): string {
  if (typeof given === 'string' && given !== '') return given;
  throw typeMismatch(`The ${name} of a record must be a text, not ${describe(given)}`);
}

function optionalText(name: string, given: unknown): string | undefined {
  return given === undefined || given === null || given === '' ? undefined : text(name, given);
}

function recordBytes(value: unknown, type: TypeLike<unknown> | undefined): Uint8Array {
  const given = present(value);
  if (type !== undefined && type !== null) return typedValue(type, given).value ?? new Uint8Array(0);
  if (typeof given === 'string') return Buffer.from(given);
  if (given instanceof Uint8Array) return given;
  if (Number.isInteger(given) && given === ((given as number) | 0)) {
    const bytes = Buffer.allocUnsafe(4);
    bytes.writeInt32BE(given);
    return bytes;
  }
  throw typeMismatch(`${describe(given)} needs a valueType, since it is no text, no bytes and no int`);
}

/** For what programs hand to `send` that is none of ours. */
export function notAMessage(given: unknown): MillraceError {
  return new MillraceError('MESSAGE_NOT_ENCODABLE', `${describe(given)} is no message that a builder has made`);
}
