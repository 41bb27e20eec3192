/**
 * Structured data in tagged form that others have sent: who they are and what they mean is not known. Its bytes are
 * walked over once before anything is made of them, and what is nested too deeply, holds too much, ends too early or
 * says what our encoder never says is refused. So decoding it can neither run anybody's code, nor touch a prototype,
 * nor take more memory than its size lets expect.
 *
 * ```
 *   form (1 byte: plain or rich) │ MessagePack, one value, up to the end
 * ```
 */
import type { Checked } from '../sdk/schema.ts';
import { NOT_SMALL, readSmall } from './small-reader.ts';
import { MESSAGE_DEPTH_MAX, RICH } from './structured-data.ts';
import { decodeTagged } from './tagged-value.ts';

export interface OutsideLimits {
  /** How many items a value may hold in all, on all its levels; keys count, too. */
  readonly itemCountMax: number;
  /** How many bytes a bigint may have; making numbers of them takes longer than their length lets expect. */
  readonly bigintByteLengthMax: number;
}

export const OUTSIDE_LIMITS: OutsideLimits = { itemCountMax: 1_000_000, bigintByteLengthMax: 1 << 16 };

/** A scalar of the rich form may stand in an array of its own. */
const LEVELS_MAX = MESSAGE_DEPTH_MAX + 1;

/** Extensions of MessagePack that our encoder writes. Others would make functions, errors or references. */
const EXT_UNDEFINED = 0;
const EXT_BIGINT = 0x42;
const EXT_NUMBERS = 0x74;
const EXT_DATE = 0xff;
const DATE_BYTE_LENGTH_MAX = 12;
const NO_BYTES = new Uint8Array(0);
/** The last kind of typed array; codes behind it stand for what no message may hold. */
const NUMBERS_CODE_MAX = 10;

/** The value of `bytes[start..end)`, or why it is refused. */
export function decodeOutside(
  bytes: Uint8Array,
  limits: OutsideLimits = OUTSIDE_LIMITS,
  start = 0,
  end: number = bytes.length,
): Checked {
  const small = readSmall(bytes, start, end, limits.itemCountMax);
  return small === NOT_SMALL ? decodeLong(bytes.subarray(start, end), limits) : { value: small };
}

/** The same by the long way, which takes all that there is. */
export function decodeLong(bytes: Uint8Array, limits: OutsideLimits): Checked {
  const refusal = bytes.length > 1 && bytes[0] <= RICH ? walk.refusal(bytes, limits) : 'its form is not known';
  if (refusal !== undefined) return { refusal };
  try {
    return { value: decodeTagged(bytes) };
  } catch (error) {
    return { refusal: `its bytes make no value: ${error instanceof Error ? error.message : 'unknown'}` };
  }
}

/** A walk over MessagePack, without recursion. One serves the thread. */
class Walk {
  #bytes: Uint8Array = new Uint8Array(0);
  #limits = OUTSIDE_LIMITS;
  #at = 0;
  #itemCount = 0;
  /** By level, what is still to come; of a map, keys and values alike. */
  readonly #left = new Float64Array(LEVELS_MAX);
  readonly #isMap = new Uint8Array(LEVELS_MAX);
  #level = -1;
  #why: string | undefined;

  refusal(bytes: Uint8Array, limits: OutsideLimits): string | undefined {
    this.#bytes = bytes;
    this.#limits = limits;
    this.#at = 1;
    this.#itemCount = 0;
    this.#level = -1;
    this.#why = undefined;
    this.#walk();
    this.#bytes = NO_BYTES;
    return this.#why;
  }

  #walk(): void {
    this.#item(false);
    while (this.#level >= 0 && this.#why === undefined) {
      const level = this.#level;
      if (this.#left[level] === 0) {
        this.#level--;
        continue;
      }
      const isKey = this.#isMap[level] === 1 && this.#left[level] % 2 === 0;
      this.#left[level]--;
      this.#item(isKey);
    }
    if (this.#at !== this.#bytes.length) this.#why ??= 'it has bytes behind its value';
  }

  #item(isKey: boolean): void {
    if (++this.#itemCount > this.#limits.itemCountMax)
      this.#why = `it holds more than ${this.#limits.itemCountMax} items`;
    const token = this.#uint(1);
    if (isKey && !isText(token)) this.#why ??= 'it has a key that is no text';
    if (token <= 0x7f || token >= 0xe0) return;
    if (token <= 0x8f) this.#open(token & 0x0f, true);
    else if (token <= 0x9f) this.#open(token & 0x0f, false);
    else if (token <= 0xbf) this.#skip(token & 0x1f);
    else this.#long(token);
  }

  /** What has its length, or its width, behind the token. */
  #long(token: number): void {
    if (token === 0xc1) this.#why ??= 'it holds a byte that means nothing';
    else if (token <= 0xc3) return;
    else if (token <= 0xc6) this.#skip(this.#uint(1 << (token - 0xc4)));
    else if (token <= 0xc9) this.#extension(this.#uint(1 << (token - 0xc7)));
    else if (token <= 0xcb) this.#skip(token === 0xca ? 4 : 8);
    else if (token <= 0xcf) this.#skip(1 << (token - 0xcc));
    else if (token <= 0xd3) this.#skip(1 << (token - 0xd0));
    else if (token <= 0xd8) this.#extension(1 << (token - 0xd4));
    else if (token <= 0xdb) this.#skip(this.#uint(1 << (token - 0xd9)));
    else if (token <= 0xdd) this.#open(this.#uint(token === 0xdc ? 2 : 4), false);
    else this.#open(this.#uint(token === 0xde ? 2 : 4), true);
  }

  #open(count: number, isMap: boolean): void {
    const itemCount = isMap ? count * 2 : count;
    // Each item is a byte at least, so nothing is made for what cannot come.
    if (itemCount > this.#bytes.length - this.#at) this.#why ??= 'it ends too early';
    if (++this.#level >= LEVELS_MAX) this.#why ??= `it is nested deeper than ${MESSAGE_DEPTH_MAX} levels`;
    this.#left[this.#level] = itemCount;
    this.#isMap[this.#level] = isMap ? 1 : 0;
  }

  #extension(byteLength: number): void {
    const kind = this.#uint(1);
    const code = this.#bytes[this.#at];
    this.#skip(byteLength);
    if (kind === EXT_UNDEFINED && byteLength === 1) return;
    if (kind === EXT_DATE && byteLength <= DATE_BYTE_LENGTH_MAX) return;
    if (kind === EXT_NUMBERS && byteLength > 0 && code <= NUMBERS_CODE_MAX) return;
    if (kind === EXT_BIGINT && byteLength > 0 && byteLength <= this.#limits.bigintByteLengthMax) return;
    this.#why ??= `it holds an extension ${kind} of ${byteLength} bytes`;
  }

  #skip(byteLength: number): void {
    this.#at += byteLength;
    if (this.#at > this.#bytes.length) this.#why ??= 'it ends too early';
  }

  #uint(byteLength: number): number {
    let at = this.#at;
    this.#skip(byteLength);
    if (this.#why !== undefined) return 0;
    let number = 0;
    for (; at < this.#at; at++) number = number * 256 + this.#bytes[at];
    return number;
  }
}

const walk = new Walk();

function isText(token: number): boolean {
  return (token >= 0xa0 && token <= 0xbf) || (token >= 0xd9 && token <= 0xdb);
}
