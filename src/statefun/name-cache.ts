/**
 * Names that have been read lately. Requests say the same few names over and over; finding one here, by its bytes, is
 * cheaper than making the string anew. A name whose place another one has taken is forgotten, so it never grows.
 */
import { assert } from '../base/assert.ts';

const SLOT_COUNT = 512;
/** Longer ones are not worth it. */
const NAME_BYTES_MAX = 64;

/** The name of a type, and its parts. */
export interface Joined {
  readonly namespace: string;
  readonly name: string;
  readonly type: string;
}

export class NameCache {
  readonly #names: (string | undefined)[] = new Array<string | undefined>(SLOT_COUNT).fill(undefined);
  readonly #split: (Joined | undefined)[] = new Array<Joined | undefined>(SLOT_COUNT).fill(undefined);
  readonly #types: (Joined | undefined)[] = new Array<Joined | undefined>(SLOT_COUNT).fill(undefined);

  /** The text of these bytes; undefined if it is long or not all ASCII. */
  read(bytes: Buffer, start: number, end: number): string | undefined {
    const byteLength = end - start;
    if (byteLength === 0 || byteLength > NAME_BYTES_MAX) return undefined;
    // A few of the bytes tell most names apart; whether it is the same name all of them say.
    const middle = bytes[start + (byteLength >> 1)];
    const hash = byteLength + bytes[start] * 31 + middle * 131 + bytes[end - 1] * 521;
    const slot = hash & (SLOT_COUNT - 1);
    const known = this.#names[slot];
    if (known !== undefined && isText(known, bytes, start, end)) return known;
    if (!isAscii(bytes, start, end)) return undefined;
    const text = bytes.toString('latin1', start, end);
    this.#names[slot] = text;
    return text;
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

/** Of a text that is all ASCII. */
function isText(text: string, bytes: Buffer, start: number, end: number): boolean {
  if (text.length !== end - start) return false;
  for (let index = start; index < end; index++) if (text.charCodeAt(index - start) !== bytes[index]) return false;
  return true;
}

function isAscii(bytes: Buffer, start: number, end: number): boolean {
  for (let index = start; index < end; index++) if (bytes[index] > 0x7f) return false;
  return true;
}
