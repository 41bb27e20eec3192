/**
 * The types that every SDK of StateFun knows, and the three ways to make types of one's own.
 *
 * ```
 *  io.statefun.types/     a message of one field, number 1            0, false and '' are no bytes at all
 *    bool      boolean    08 01
 *    int       number     0d + 4 bytes                  ┐
 *    long      bigint     09 + 8 bytes                  │ little-endian
 *    float     number     0d + 4 bytes (IEEE 754)       │
 *    double    number     09 + 8 bytes (IEEE 754)       ┘
 *    string    string     0a + length + UTF-8
 * ```
 *
 * What is written is canonical, since the Java SDK takes nothing else; what is read may have other fields besides. A value
 * that a type cannot hold is refused, and not cut to fit: 1.5 is no int.
 */
import { describe, MillraceError } from '../sdk/errors.ts';
import { ProtobufReader } from './protobuf-reader.ts';
import { FIELD_1, VARINT_1, WIRE_32, WIRE_64 } from './protocol-layout.ts';
import { PlainType, Type, typedValue, typeMismatch } from './type.ts';
import type { TypedValue } from './typed-value.ts';

const FIXED32_1: number = (1 << 3) | WIRE_32;
const FIXED64_1: number = (1 << 3) | WIRE_64;
const FIELDS_1 = 0b10;
const FIELD_COUNT_MAX = 1000;
const STRING_LENGTH_MAX = 0x3fff_ffff;
const FLOAT_MAX = 3.4028234663852886e38;

const NO_BYTES: Buffer = Buffer.alloc(0);

/** How one of the built-in types writes a value that is not its default, and reads its one field. */
interface Wrapper<T> {
  readonly name: string;
  readonly tag: number;
  readonly initial: T;
  holds(value: unknown): boolean;
  write(value: T): Buffer;
  read(reader: ProtobufReader): T;
}

class WrapperType<T> extends PlainType<T> {
  readonly #wrapper: Wrapper<T>;

  constructor(wrapper: Wrapper<T>) {
    super(`io.statefun.types/${wrapper.name}`);
    this.#wrapper = wrapper;
  }

  override serialize(value: T): Buffer {
    if (!this.#wrapper.holds(value)) throw typeMismatch(`${describe(value)} is no value of type ${this.typename}`);
    return Object.is(value, this.#wrapper.initial) ? NO_BYTES : this.#wrapper.write(value);
  }

  override deserializeAt(bytes: Buffer, start: number, end: number): T {
    try {
      return this.#read(new ProtobufReader(bytes, 'value', FIELD_COUNT_MAX, start, end));
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error;
      throw typeMismatch(`${end - start} bytes are no value of type ${this.typename}`, error);
    }
  }

  #read(reader: ProtobufReader): T {
    let value = this.#wrapper.initial;
    for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
      if (tag === this.#wrapper.tag) value = this.#wrapper.read(reader);
      else reader.skip(tag, FIELDS_1);
    }
    return value;
  }
}

export const BooleanType: Type<boolean> = new WrapperType<boolean>({
  name: 'bool',
  tag: VARINT_1,
  initial: false,
  holds: (value) => typeof value === 'boolean',
  write: () => Buffer.of(VARINT_1, 1),
  read: (reader) => reader.bool(),
});

/** Whole numbers of 32 bits. */
export const IntType: Type<number> = new WrapperType<number>({
  name: 'int',
  tag: FIXED32_1,
  initial: 0,
  holds: (value) => Number.isInteger(value) && (value as number) === ((value as number) | 0),
  write: (value) => fixed(FIXED32_1, 4, (bytes) => bytes.writeInt32LE(value, 1)),
  read: (reader) => reader.fixed(4, (bytes, at) => bytes.readInt32LE(at)),
});

/** Whole numbers of 64 bits. */
export const LongType: Type<bigint> = new WrapperType<bigint>({
  name: 'long',
  tag: FIXED64_1,
  initial: 0n,
  holds: (value) => typeof value === 'bigint' && value === BigInt.asIntN(64, value),
  write: (value) => fixed(FIXED64_1, 8, (bytes) => bytes.writeBigInt64LE(value, 1)),
  read: (reader) => reader.fixed(8, (bytes, at) => bytes.readBigInt64LE(at)),
});

/** Numbers of 32 bits: what is in between is rounded, what is beyond is refused. */
export const FloatType: Type<number> = new WrapperType<number>({
  name: 'float',
  tag: FIXED32_1,
  initial: 0,
  holds: (value) => typeof value === 'number' && !(Number.isFinite(value) && Math.abs(value) > FLOAT_MAX),
  write: (value) => fixed(FIXED32_1, 4, (bytes) => bytes.writeFloatLE(value, 1)),
  read: (reader) => reader.fixed(4, (bytes, at) => bytes.readFloatLE(at)),
});

export const DoubleType: Type<number> = new WrapperType<number>({
  name: 'double',
  tag: FIXED64_1,
  initial: 0,
  holds: (value) => typeof value === 'number',
  write: (value) => fixed(FIXED64_1, 8, (bytes) => bytes.writeDoubleLE(value, 1)),
  read: (reader) => reader.fixed(8, (bytes, at) => bytes.readDoubleLE(at)),
});

export const StringType: Type<string> = new WrapperType<string>({
  name: 'string',
  tag: FIELD_1,
  initial: '',
  holds: (value) => typeof value === 'string' && value.isWellFormed(),
  write: (value) => {
    const short = shortAscii(value);
    if (short !== undefined) return short;
    const length = Buffer.byteLength(value);
    const head = headOf(length);
    const bytes = Buffer.allocUnsafe(head.length + length);
    bytes.set(head);
    bytes.write(value, head.length);
    return bytes;
  },
  read: (reader) => reader.string(STRING_LENGTH_MAX),
});

function fixed(tag: number, byteLength: number, write: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.allocUnsafe(1 + byteLength);
  bytes[0] = tag;
  write(bytes);
  return bytes;
}

/** A text as `typedValue(StringType, text)` makes one; undefined if it is not well-formed. */
export function typedText(text: string): TypedValue | undefined {
  const { length } = text;
  if (length === 0 || length > LOOP_LENGTH_MAX) return longText(text);
  const value = new Uint8Array(2 + length);
  return writeAscii(text, value) ? { typename: StringType.typename, value } : longText(text);
}

function longText(text: string): TypedValue | undefined {
  return text.isWellFormed() ? typedValue(StringType, text) : undefined;
}

/** Texts of up to this many characters are written by a loop, since a call costs more; their length is one byte. */
const LOOP_LENGTH_MAX = 64;

/** Field 1 with a short text that is all ASCII; undefined for any other text. */
function shortAscii(text: string): Buffer | undefined {
  const { length } = text;
  if (length > LOOP_LENGTH_MAX) return undefined;
  const bytes = Buffer.allocUnsafe(2 + length);
  return writeAscii(text, bytes) ? bytes : undefined;
}

/** False if it is not all ASCII. */
function writeAscii(text: string, bytes: Uint8Array): boolean {
  const { length } = text;
  bytes[0] = FIELD_1;
  bytes[1] = length;
  let seen = 0;
  for (let index = 0; index < length; index++) {
    const unit = text.charCodeAt(index);
    seen |= unit;
    bytes[2 + index] = unit;
  }
  return seen <= 0x7f;
}

/** The tag of field 1 and a length. */
function headOf(length: number): number[] {
  const head = [FIELD_1];
  for (; length > 0x7f; length >>>= 7) head.push((length & 0x7f) | 0x80);
  head.push(length);
  return head;
}

class JsonType<T> extends Type<T> {
  constructor(typename: string) {
    super(typename);
  }

  override serialize(value: T): Buffer {
    const text = JSON.stringify(value) as string | undefined;
    if (text === undefined) throw typeMismatch(`${describe(value)} has no JSON, which the type ${this.typename} needs`);
    return Buffer.from(text);
  }

  override deserialize(bytes: Buffer): T {
    try {
      return JSON.parse(bytes.toString()) as T;
    } catch (error) {
      throw typeMismatch(`${bytes.length} bytes are no value of type ${this.typename}, which is JSON`, error);
    }
  }
}

/** A type whose values are JSON text in UTF-8. */
export function jsonType<T>(typename: string): Type<T> {
  return new JsonType<T>(typename);
}

class CustomType<T> extends Type<T> {
  readonly #serialize: (value: T) => Buffer;
  readonly #deserialize: (bytes: Buffer) => T;

  constructor(typename: string, serialize: (value: T) => Buffer, deserialize: (bytes: Buffer) => T) {
    super(typename);
    this.#serialize = serialize;
    this.#deserialize = deserialize;
  }

  override serialize(value: T): Buffer {
    return this.#serialize(value);
  }

  override deserialize(bytes: Buffer): T {
    return this.#deserialize(bytes);
  }
}

/** A type by two functions. */
export function customType<T>(
  typename: string,
  serialize: (value: T) => Buffer,
  deserialize: (bytes: Buffer) => T,
): Type<T> {
  return new CustomType(typename, serialize, deserialize);
}

/** A class that protoc has generated for JavaScript, as far as it matters here. */
interface GeneratedClass<T> {
  deserializeBinary(bytes: Uint8Array): T;
}

/** A type whose values are messages of a class that protoc has generated for JavaScript (google-protobuf). */
export function protoType<T>(typename: string, generatedClass: unknown): Type<T> {
  return new CustomType<T>(
    typename,
    (value) => Buffer.from((value as { serializeBinary(): Uint8Array }).serializeBinary()),
    (bytes) => (generatedClass as GeneratedClass<T>).deserializeBinary(bytes),
  );
}
