/**
 * What remote functions take, keep and send: bytes with the name of what they are. The engine never looks into them.
 * (StateFun: `io.statefun.sdk.reqreply.TypedValue`.)
 */
import { copyBytes } from '../base/copy-bytes.ts';

export interface TypedValue {
  /** `namespace/name` of the type; empty where somebody has left it out. */
  readonly typename: string;
  /** Undefined: there is no value, which is not the same as one of no bytes. */
  readonly value: Uint8Array | undefined;
}

/** What a value that is written late is written with: of each field the content first, then its head. */
export interface FieldWriter {
  /** How many bytes are written so far. */
  readonly byteLength: number;
  head(tag: number, before: number): void;
  string(tag: number, text: string): void;
  /** The bytes in `bytes[start..end)`, or all of them. */
  bytes(tag: number, bytes: Uint8Array, start?: number, end?: number): void;
}

/**
 * A value that has no bytes until it is written: then it needs none of its own, and nobody makes an array for them. What
 * it is made of must not change until then.
 */
export abstract class LateValue implements TypedValue {
  readonly typename: string;

  constructor(typename: string) {
    this.typename = typename;
  }

  /** Its bytes, made each time. */
  abstract get value(): Uint8Array;

  /** Writes the same bytes as this field; no field, if there are none. */
  abstract write(tag: number, writer: FieldWriter): void;
}

/**
 * A value whose bytes lie where they were read, in a request that nobody changes before it is done with. Most are decoded
 * from there and need no array of their own.
 */
export class ValueInPlace implements TypedValue {
  readonly typename: string;
  /** Whether there is a value. */
  readonly isSet: boolean;
  /** What it lies in, from `start` to before `end`. */
  readonly source: Buffer;
  readonly start: number;
  readonly end: number;

  constructor(typename: string, isSet: boolean, source: Buffer, start: number, end: number) {
    this.typename = typename;
    this.isSet = isSet;
    this.source = source;
    this.start = start;
    this.end = end;
  }

  /** A copy, made each time. */
  get value(): Uint8Array | undefined {
    if (!this.isSet) return undefined;
    const copy = new Uint8Array(this.end - this.start);
    copyBytes(this.source, this.start, this.end, copy, 0);
    return copy;
  }

  /** The same as a value that shares no memory with the request. */
  apart(): TypedValue {
    return { typename: this.typename, value: this.value };
  }
}

/** Whether a message is one. What has more to say than that is data, of which the rest would be lost. */
export function isTypedValue(message: unknown): message is TypedValue {
  if (typeof message !== 'object' || message === null) return false;
  const { typename, value } = message as { readonly typename?: unknown; readonly value?: unknown };
  if (typeof typename !== 'string' || !(value === undefined || value instanceof Uint8Array)) return false;
  for (const name in message) if (name !== 'typename' && name !== 'value') return false;
  return true;
}

/** Names of two fields, and the heads of all parts, however they are encoded. */
const FRAME_BYTES_MAX = 64;
/** Of UTF-8 for one UTF-16 code unit. */
const UNIT_BYTES_MAX = 3;

/** What it takes at most when it is encoded. */
export function typedBytesMax({ typename, value }: TypedValue): number {
  return FRAME_BYTES_MAX + typename.length * UNIT_BYTES_MAX + (value?.length ?? 0);
}
