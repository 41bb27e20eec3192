/**
 * The bytes of one state of our functions, as a cluster keeps them under the type name `millrace/value`. A value of the
 * first version is what a message would be; the type name must never change, so a later version is said in the bytes.
 *
 * ```
 *   version 1          form (0 plain, 1 rich) │ MessagePack
 *   versions from 2    2 │ version (2 bytes, little-endian) │ form │ MessagePack
 * ```
 */
import { VALUE_VERSION_MAX } from '../sdk/value-rules.ts';
import { decodeOutside, type OutsideLimits } from '../wire/outside-value.ts';
import { RICH } from '../wire/structured-data.ts';
import { encodeTagged } from '../wire/tagged-value.ts';

/** Stands where the form stands of what has no version. */
const VERSIONED = 2;
const HEAD_BYTE_LENGTH = 3;

/** The value must be known to be structured data. */
export function encodeStored(value: unknown, version: number): Uint8Array {
  const tagged = encodeTagged(value);
  if (version === 1) return tagged;
  const bytes = new Uint8Array(HEAD_BYTE_LENGTH + tagged.length);
  bytes[0] = VERSIONED;
  bytes[1] = version & 0xff;
  bytes[2] = version >>> 8;
  bytes.set(tagged, HEAD_BYTE_LENGTH);
  return bytes;
}

/** Whether the value of `bytes[start..end)` is of the first version, which no code is older than. */
export function isOfFirstVersion(bytes: Uint8Array, start: number, end: number): boolean {
  return start < end && bytes[start] <= RICH;
}

/** Without a refusal there is a value; one that is undefined is none. */
export interface Stored {
  readonly value: unknown;
  readonly version: number;
  readonly refusal: string | undefined;
}

/** The value of `bytes[start..end)` with its version, or why it is refused. */
export function decodeStored(bytes: Uint8Array, limits: OutsideLimits, start = 0, end: number = bytes.length): Stored {
  const isVersioned = end - start > HEAD_BYTE_LENGTH && bytes[start] === VERSIONED;
  const version = isVersioned ? bytes[start + 1] | (bytes[start + 2] << 8) : 1;
  if (version === 0 || version > VALUE_VERSION_MAX) {
    return { value: undefined, version, refusal: `it says that its version is ${version}` };
  }
  const decoded = decodeOutside(bytes, limits, isVersioned ? start + HEAD_BYTE_LENGTH : start, end);
  if (decoded.refusal !== undefined) return { value: undefined, version, refusal: decoded.refusal };
  return { value: decoded.value, version, refusal: undefined };
}
