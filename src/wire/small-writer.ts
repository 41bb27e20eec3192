/**
 * The short way to write structured data on its own: values of a few numbers and short texts, which most messages and
 * states behind an endpoint are. Whatever is long or rare it leaves to msgpackr (`payload-codec.ts`); what it writes is
 * byte for byte what that would write.
 */
import { PLAIN } from './structured-data.ts';

const BYTES_MAX = 256;
const DEPTH_MAX = 8;
const SHORT_TEXT_MAX = 31;
const SHORT_LIST_MAX = 15;
/** Stands for a value that is not written here. */
export const NOT_WRITTEN: number = -1;
const OTHER = NOT_WRITTEN;

const scratch: Uint8Array = new Uint8Array(BYTES_MAX);
/** Where `writeSmallBriefly` leaves its bytes. */
export const smallBytes: Uint8Array = scratch;

/** The bytes of the value in tagged form; undefined if it is not for this way. It must be known to be structured data. */
export function writeSmall(value: unknown): Uint8Array | undefined {
  const end = writeSmallBriefly(value);
  if (end === OTHER) return undefined;
  const bytes = new Uint8Array(end);
  for (let index = 0; index < end; index++) bytes[index] = scratch[index];
  return bytes;
}

/** The same bytes in `smallBytes`, until the next value is written: how many those are, or `NOT_WRITTEN`. */
export function writeSmallBriefly(value: unknown): number {
  scratch[0] = PLAIN;
  return write(value, 1, 0);
}

/** Where what is behind it begins. */
function write(value: unknown, at: number, depth: number): number {
  // Room for all that is not a text; what is written beyond the end is written nowhere.
  if (at > BYTES_MAX - 4) return OTHER;
  switch (typeof value) {
    case 'number':
      return writeNumber(value, at);
    case 'string':
      return writeText(value, at);
    case 'boolean':
      scratch[at] = value ? 0xc3 : 0xc2;
      return at + 1;
    case 'object':
      return writeObject(value, at, depth);
    default:
      return OTHER;
  }
}

function writeNumber(value: number, at: number): number {
  if (value !== (value & 0xffff) || Object.is(value, -0)) return OTHER;
  if (value < 0x80) {
    scratch[at] = value;
    return at + 1;
  }
  if (value < 0x100) {
    scratch[at] = 0xcc;
    scratch[at + 1] = value;
    return at + 2;
  }
  scratch[at] = 0xcd;
  scratch[at + 1] = value >>> 8;
  scratch[at + 2] = value & 0xff;
  return at + 3;
}

function writeText(text: string, at: number): number {
  const { length } = text;
  if (length > SHORT_TEXT_MAX || length >= BYTES_MAX - at) return OTHER;
  scratch[at] = 0xa0 | length;
  let seen = 0;
  for (let index = 0; index < length; index++) {
    const unit = text.charCodeAt(index);
    seen |= unit;
    scratch[at + 1 + index] = unit;
  }
  return seen > 0x7f ? OTHER : at + 1 + length;
}

function writeObject(value: object | null, at: number, depth: number): number {
  if (value === null) {
    scratch[at] = 0xc0;
    return at + 1;
  }
  if (depth === DEPTH_MAX) return OTHER;
  if (Array.isArray(value)) return writeList(value, at, depth);
  return value.constructor === Object ? writeMap(value as Record<string, unknown>, at, depth) : OTHER;
}

function writeList(list: readonly unknown[], at: number, depth: number): number {
  if (list.length > SHORT_LIST_MAX) return OTHER;
  scratch[at] = 0x90 | list.length;
  let end = at + 1;
  for (let index = 0; index < list.length && end !== OTHER; index++) end = write(list[index], end, depth + 1);
  return end;
}

function writeMap(map: Readonly<Record<string, unknown>>, at: number, depth: number): number {
  let count = 0;
  let end = at + 3;
  for (const key in map) {
    if (key === '__proto__' || !Object.hasOwn(map, key)) return OTHER;
    end = writeText(key, end);
    if (end !== OTHER) end = write(map[key], end, depth + 1);
    if (end === OTHER) return OTHER;
    count++;
  }
  // An object has the long form of a count, whatever it holds; so few keys have a first byte of 0.
  scratch[at] = 0xde;
  scratch[at + 1] = 0;
  scratch[at + 2] = count;
  return end;
}
