/**
 * The short way to read structured data that others have sent: values of a few numbers and short texts, which most
 * messages and states are, are checked and made in one go. Whatever is long, rare or wrong it leaves to the long way
 * (`outside-value.ts`), which knows what to say of it; so it never refuses, and what it gives is what that would give.
 */
import { PLAIN } from './structured-data.ts';

/** What stands for a value that is not read here. */
export const NOT_SMALL: unique symbol = Symbol('not small');

const BYTES_MAX = 512;
const DEPTH_MAX = 8;
/** Keys are few and said over and over: the string that was made of one is used again. */
const KEY_SLOTS = 256;
const KEY_LENGTH_MAX = 32;

/** One serves the thread. */
class SmallReader {
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #end = 0;
  #itemsLeft = 0;
  /** Whether something is not for this way. */
  #isOther = false;
  readonly #keys: (string | undefined)[] = new Array<string | undefined>(KEY_SLOTS).fill(undefined);
  readonly #eight: DataView = new DataView(new ArrayBuffer(8));

  read(bytes: Uint8Array, start: number, end: number, itemCountMax: number): unknown {
    if (end - start > BYTES_MAX || end - start < 2 || bytes[start] !== PLAIN) return NOT_SMALL;
    this.#bytes = bytes;
    this.#at = start + 1;
    this.#end = end;
    this.#itemsLeft = itemCountMax;
    this.#isOther = false;
    const value = this.#value(0);
    return this.#isOther || this.#at !== end ? NOT_SMALL : value;
  }

  #value(depth: number): unknown {
    if (--this.#itemsLeft < 0) return this.#other();
    const token = this.#byte();
    if (token <= 0x7f) return token;
    if (token <= 0x8f) return this.#map(token & 0x0f, depth);
    if (token <= 0x9f) return this.#list(token & 0x0f, depth);
    if (token <= 0xbf) return this.#text(token & 0x1f);
    if (token >= 0xe0) return token - 0x100;
    return this.#long(token, depth);
  }

  #long(token: number, depth: number): unknown {
    switch (token) {
      case 0xc0:
        return null;
      case 0xc2:
      case 0xc3:
        return token === 0xc3;
      case 0xcb:
        return this.#double();
      case 0xcc:
        return this.#byte();
      case 0xcd:
        return this.#byte() * 0x100 + this.#byte();
      case 0xde:
        // As our encoder writes all objects.
        return this.#map(this.#byte() * 0x100 + this.#byte(), depth);
      case 0xd9:
        return this.#text(this.#byte());
      default:
        return this.#other();
    }
  }

  #map(count: number, depth: number): unknown {
    if (depth >= DEPTH_MAX) return this.#other();
    const map: Record<string, unknown> = {};
    for (let index = 0; index < count && !this.#isOther; index++) {
      const key = this.#key();
      map[key] = this.#value(depth + 1);
    }
    return map;
  }

  #list(count: number, depth: number): unknown {
    if (depth >= DEPTH_MAX) return this.#other();
    const list: unknown[] = [];
    for (let index = 0; index < count && !this.#isOther; index++) list.push(this.#value(depth + 1));
    return list;
  }

  #key(): string {
    const token = this.#byte();
    const length = token & 0x1f;
    if (--this.#itemsLeft < 0 || token < 0xa0 || token > 0xbf || length === 0) return this.#other();
    const start = this.#at;
    const end = start + length;
    if (end > this.#end || length > KEY_LENGTH_MAX) return this.#other();
    const bytes = this.#bytes;
    const slot = (length + bytes[start] * 31 + bytes[end - 1] * 131) & (KEY_SLOTS - 1);
    const known = this.#keys[slot];
    if (known !== undefined && isText(known, bytes, start, end)) {
      this.#at = end;
      return known;
    }
    const key = this.#text(length);
    // An object that is assigned to it has another prototype.
    if (key === '__proto__') return this.#other();
    this.#keys[slot] = key;
    return key;
  }

  /** All ASCII, or it is for the other way. */
  #text(length: number): string {
    const start = this.#at;
    const end = start + length;
    if (end > this.#end) return this.#other();
    const bytes = this.#bytes;
    const units = new Array<number>(length);
    let seen = 0;
    for (let index = 0; index < length; index++) {
      const unit = bytes[start + index];
      seen |= unit;
      units[index] = unit;
    }
    if (seen > 0x7f) return this.#other();
    this.#at = end;
    return String.fromCharCode.apply(null, units);
  }

  #double(): number {
    for (let index = 0; index < 8; index++) this.#eight.setUint8(index, this.#byte());
    return this.#eight.getFloat64(0);
  }

  /** 0 beyond the end. */
  #byte(): number {
    if (this.#at < this.#end) return this.#bytes[this.#at++];
    this.#isOther = true;
    return 0;
  }

  #other(): string {
    this.#isOther = true;
    return '';
  }
}

/** Of a text that is all ASCII. */
function isText(text: string, bytes: Uint8Array, start: number, end: number): boolean {
  if (text.length !== end - start) return false;
  for (let index = start; index < end; index++) if (text.charCodeAt(index - start) !== bytes[index]) return false;
  return true;
}

const reader = new SmallReader();

/** The value of `bytes[start..end)`, in tagged form; `NOT_SMALL` if the long way is to read it, or to refuse it. */
export function readSmall(bytes: Uint8Array, start: number, end: number, itemCountMax: number): unknown {
  return reader.read(bytes, start, end, itemCountMax);
}
