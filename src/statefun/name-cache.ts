/**
 * Names that have been read lately. Requests say the same few names over and over; finding one here, by its bytes, is
 * cheaper than making the string anew. A name whose place another one has taken is forgotten, so it never grows.
 */

const SLOT_COUNT = 512;
/** Longer ones are not worth it. */
const NAME_BYTES_MAX = 64;

interface Joined {
  readonly namespace: string;
  readonly name: string;
  readonly type: string;
}

export class NameCache {
  readonly #names: (string | undefined)[] = new Array<string | undefined>(SLOT_COUNT).fill(undefined);
  readonly #types: (Joined | undefined)[] = new Array<Joined | undefined>(SLOT_COUNT).fill(undefined);

  /** The text of these bytes; undefined if it is long or not all ASCII. */
  read(bytes: Buffer, start: number, end: number): string | undefined {
    if (end - start > NAME_BYTES_MAX) return undefined;
    let hash = end - start;
    let seen = 0;
    for (let index = start; index < end; index++) {
      seen |= bytes[index];
      hash = Math.imul(hash, 31) + bytes[index];
    }
    if (seen > 0x7f) return undefined;
    const slot = (hash ^ (hash >>> 15)) & (SLOT_COUNT - 1);
    const known = this.#names[slot];
    if (known !== undefined && isText(known, bytes, start, end)) return known;
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
}

function isText(text: string, bytes: Buffer, start: number, end: number): boolean {
  if (text.length !== end - start) return false;
  for (let index = start; index < end; index++) if (text.charCodeAt(index - start) !== bytes[index]) return false;
  return true;
}
