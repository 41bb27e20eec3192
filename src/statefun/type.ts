/**
 * A type of StateFun: a name that all languages know, and how values of it become bytes. Names are those of the SDKs,
 * which are laxer than our own: the last slash divides them.
 */
import { asBuffer } from '../base/copy-bytes.ts';
import { describe, MillraceError } from '../sdk/errors.ts';
import type { TypedValue, ValueInPlace } from './typed-value.ts';

/** The two parts of a type name, or undefined if it is none. */
export function splitTypeName(typename: unknown): { readonly namespace: string; readonly name: string } | undefined {
  if (typeof typename !== 'string') return undefined;
  const slash = typename.lastIndexOf('/');
  if (slash <= 0 || slash === typename.length - 1) return undefined;
  return { namespace: typename.slice(0, slash), name: typename.slice(slash + 1) };
}

/** The same for a name that must be one. Throws `INVALID_TYPE_NAME`. */
export function parseTypeName(typename: unknown): { readonly namespace: string; readonly name: string } {
  const what = `The type name ${describe(typename)} is not of the form "namespace/name"`;
  return splitTypeName(typename) ?? refuse(new MillraceError('INVALID_TYPE_NAME', what));
}

function refuse(error: MillraceError): never {
  throw error;
}

/** What is needed of a type; the types of the official JavaScript package are such, too. */
export interface TypeLike<T> {
  readonly typename: string;
  serialize(value: T): Uint8Array;
  deserialize(bytes: Buffer): T;
}

/** The base of all types, which programs may derive from. */
export abstract class Type<T> implements TypeLike<T> {
  readonly #typename: string;

  /** @throws MillraceError `INVALID_TYPE_NAME` */
  protected constructor(typename: string) {
    parseTypeName(typename);
    this.#typename = typename;
  }

  /** `namespace/name`: what this type is called in all languages. */
  get typename(): string {
    return this.#typename;
  }

  abstract serialize(value: T): Buffer;
  abstract deserialize(bytes: Buffer): T;
}

/** One that reads a value from where it lies, and keeps nothing of its bytes. */
export abstract class PlainType<T> extends Type<T> {
  /** The value in `bytes[start..end)`. */
  abstract deserializeAt(bytes: Buffer, start: number, end: number): T;

  override deserialize(bytes: Buffer): T {
    return this.deserializeAt(bytes, 0, bytes.length);
  }
}

/** The error when a value, or its bytes, is none of a type. */
export function typeMismatch(what: string, cause?: unknown): MillraceError {
  return new MillraceError('TYPE_MISMATCH', what, { cause });
}

export function isTypeLike(type: unknown): type is TypeLike<unknown> {
  if (typeof type !== 'object' || type === null) return false;
  const { typename, serialize, deserialize } = type as Partial<TypeLike<unknown>>;
  return typeof typename === 'string' && typeof serialize === 'function' && typeof deserialize === 'function';
}

/**
 * A value with the name of its type: what functions that run elsewhere take and send.
 *
 * @throws MillraceError `TYPE_MISMATCH` if it is no value of this type
 */
export function typedValue<T>(type: TypeLike<T>, value: T): TypedValue {
  const bytes: unknown = type.serialize(value);
  if (!(bytes instanceof Uint8Array)) {
    throw typeMismatch(`The type ${type.typename} makes ${describe(bytes)} of a value, and not bytes`);
  }
  return { typename: type.typename, value: new Uint8Array(bytes) };
}

/**
 * What is in a typed value; undefined if there is no value in it, whatever its type.
 *
 * @throws MillraceError `TYPE_MISMATCH` if it is of another type, or its bytes are none of this type
 */
export function readTyped<T>(type: TypeLike<T>, { typename, value }: TypedValue): T | undefined {
  if (value === undefined) return undefined;
  if (typename !== type.typename) {
    throw typeMismatch(`A value of type ${describe(typename)} was to be read as ${describe(type.typename)}`);
  }
  if (type instanceof PlainType) return type.deserializeAt(asBuffer(value), 0, value.length) as T;
  // A copy: the bytes may be those of a state or a message, and a type may keep or change what it is given.
  return type.deserialize(Buffer.from(value));
}

const NO_BYTES = new Uint8Array(0);

/** What is in a value that lies in a request. Throws what the type throws. */
export function readInPlace<T>(type: TypeLike<T>, place: ValueInPlace): T {
  if (type instanceof PlainType) return type.deserializeAt(place.source, place.start, place.end) as T;
  return type.deserialize(asBuffer(place.value ?? NO_BYTES));
}
