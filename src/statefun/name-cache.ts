/**
 * Names that have been read or written lately. Requests and responses say the same few names over and over; finding one
 * here is cheaper than making the string anew from its bytes, or the bytes from the string. A name whose place another one has taken is forgotten, so it never grows.
 */
import { assert } from '../base/assert.ts';
import { isAscii } from './ascii.ts';

const SLOT_COUNT = 512;
/** Longer ones are not worth it. */
const NAME_BYTES_MAX = 64;

/** A text that is all ASCII, and its bytes: comparing and copying these takes less than going through a string. */
interface Known {
  readonly text: string;
  readonly bytes: Uint8Array;
}

/** The name of a type, and its parts. */
export interface Joined {
  readonly namespace: string;
  readonly name: string;
  readonly type: string;
}

export class NameCache {
  readonly #names: (Known | undefined)[] = new Array<Known | undefined>(SLOT_COUNT).fill(undefined);
  readonly #split: (Joined | undefined)[] = new Array<Joined | undefined>(SLOT_COUNT).fill(undefined);
  readonly #types: (Joined | undefined)[] = new Array<Joined | undefined>(SLOT_COUNT).fill(undefined);

  /** The text of these bytes; undefined if it is long or not all ASCII. */
  read(bytes: Buffer, start: number, end: number): string | undefined {
    const byteLength = end - start;
    if (byteLength === 0 || byteLength > NAME_BYTES_MAX) return undefined;
    const slot = slotOf(byteLength, bytes[start], bytes[start + (byteLength >> 1)], bytes[end - 1]);
    const known = this.#names[slot];
    if (known !== undefined && isSame(known.bytes, bytes, start, end)) return known.text;
    if (!isAscii(bytes, start, end)) return undefined;
    const text = bytes.toString('latin1', start, end);
    this.#names[slot] = { text, bytes: new Uint8Array(bytes.subarray(start, end)) };
    return text;
  }

  /** The bytes of this text; undefined if it is empty, long or not all ASCII. */
  bytesOf(text: string): Uint8Array | undefined {
    const { length } = text;
    if (length === 0 || length > NAME_BYTES_MAX) return undefined;
    const middle = text.charCodeAt(length >> 1);
    const slot = slotOf(length, text.charCodeAt(0), middle, text.charCodeAt(length - 1));
    const known = this.#names[slot];
    if (known !== undefined && known.text === text) return known.bytes;
    const bytes = new Uint8Array(Buffer.from(text));
    // Whatever is not ASCII has more bytes than characters.
    if (bytes.length !== length) return undefined;
    this.#names[slot] = { text, bytes };
    return bytes;
  }

  /** `namespace/name`. */
  typeName(namespace: string, name: string): string {
    const slot = (namespace.length * 31 + name.length * 7 + name.charCodeAt(name.length - 1)) & (SLOT_COUNT - 1);
    const known = this.#types[slot];
    if (known !== undefined && known.namespace === namespace && known.name === name) return known.type;
    const type = `${namespace}/${name}`;
    this.#types[slot] = { namespace, name, type };
    return type;
  }

  /** The two parts of `namespace/name`; the last slash divides them. */
  split(type: string): Joined {
    const { length } = type;
    const hash = length * 31 + type.charCodeAt(0) * 7 + type.charCodeAt(length - 1) * 131;
    const slot = hash & (SLOT_COUNT - 1);
    const known = this.#split[slot];
    if (known !== undefined && known.type === type) return known;
    const slash = type.lastIndexOf('/');
    assert(slash > 0, 'names have been checked where they came in');
    const split = { namespace: type.slice(0, slash), name: type.slice(slash + 1), type };
    this.#split[slot] = split;
    return split;
  }
}

/** A few of the bytes tell most names apart; whether it is the same name all of them say. */
function slotOf(length: number, first: number, middle: number, last: number): number {
  return (length + first * 31 + middle * 131 + last * 521) & (SLOT_COUNT - 1);
}

function isSame(known: Uint8Array, bytes: Buffer, start: number, end: number): boolean {
  if (known.length !== end - start) return false;
  for (let index = start; index < end; index++) if (known[index - start] !== bytes[index]) return false;
  return true;
}
