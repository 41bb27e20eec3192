/**
 * Rows: what an address keeps outside its record of values, each under a key of its own, so that it is stored and loaded
 * by itself: entries of tables, elements of lists, timers, dead letters. A row is a key and one value, anything that a
 * message may hold; what the keys mean is the business of whoever keeps the rows.
 *
 * Row keys are *binary strings*, one character a byte: cheap to join, to compare in the order of the bytes, and to look
 * up. `rowPrefix` begins every one of them, so that all rows of an address lie together, in its key group (I12).
 *
 * ```
 *   ┌──────────────────┬─────────────┬──────────────────┬────────┬─────────────┬────────────────┬──────┬─────────┐
 *   │ key group (16 BE)│ section (8) │ type, bytes (16) │ type … │ id form (8) │ id, bytes (16) │ id … │ the row │
 *   └──────────────────┴─────────────┴──────────────────┴────────┴─────────────┴────────────────┴──────┴─────────┘
 * ```
 */
import { keyGroupOfHash } from '../keys/key-group.ts';
import { ID_ASCII, ID_WIDE } from '../store/key-layout.ts';

/** What a checkpoint writes and the store holds: see `DirtyEntities`, which keeps the number; for pairs `RowPairs` does. */
export interface Stored {
  dirtyEpoch: number;
}

/** It is in no table; it is in the hash table; it is in the order, too. */
export const PLACE_NONE = 0;
export const PLACE_HASHED = 1;
export const PLACE_SORTED = 2;

export class Row implements Stored {
  readonly key: string;
  /** Of the key, once it is in a `RowTable`; kept by that. */
  hash = 0;
  /** Where in a `RowTable` it is; kept by that. */
  place: number = PLACE_NONE;
  /** Undefined when it has been removed. Never changed in place: a cut may encode it later. */
  value: unknown;
  dirtyEpoch = 0;
  /** The last round of folding that has seen it. */
  foldMark = 0;
  /** Whether the store may hold something under this key, so that a removal must reach it. */
  mayBeStored: boolean;

  constructor(key: string, value: unknown, mayBeStored: boolean) {
    this.key = key;
    this.value = value;
    this.mayBeStored = mayBeStored;
  }

  get isKept(): boolean {
    return this.place !== PLACE_NONE;
  }
}

const NO_ENTRY = -1;
const SEVERAL_ENTRIES = -2;

/** One that a recovery has found in a changelog. */
export class RecoveredRow extends Row {
  /** Its record among those of the recovery, if there is one and no more. */
  #entry = NO_ENTRY;

  get hasOneEntry(): boolean {
    return this.#entry >= 0;
  }

  get entry(): number {
    return this.#entry;
  }

  addEntry(entry: number): void {
    this.#entry = this.#entry === NO_ENTRY ? entry : SEVERAL_ENTRIES;
  }
}

/**
 * The removal of all rows under a prefix, known or not. Of the rows in a store or in a changelog it concerns those of
 * earlier epochs: what its own epoch says of single rows was true at the end of that epoch, and so goes before.
 */
export class Erasure implements Stored {
  readonly prefix: string;
  dirtyEpoch = 0;
  /** As in `Row`. */
  foldMark = 0;

  constructor(prefix: string) {
    this.prefix = prefix;
  }
}

/** An unsigned number in big-endian order, which is the order of the keys. */
export function unsigned(value: number, byteCount: number): string {
  if (byteCount === 2) return String.fromCharCode(value >>> 8, value & 0xff);
  let bytes = '';
  for (let rest = value, count = 0; count < byteCount; count++, rest = Math.floor(rest / 256)) {
    bytes = String.fromCharCode(rest % 256) + bytes;
  }
  return bytes;
}

/** The number that `unsigned` wrote at `at`. */
export function readUnsigned(key: string, at: number, byteCount: number): number {
  let value = 0;
  for (let index = at; index < at + byteCount; index++) value = value * 256 + key.charCodeAt(index);
  return value;
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0x7f) return false;
  return true;
}

/** UTF-8, whose order is that of code points. The text must be well-formed, or it does not come back. */
export function utf8(text: string): string {
  return isAscii(text) ? text : Buffer.from(text).toString('latin1');
}

export function readUtf8(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString();
}

/** With its length before it, so that nothing that follows can be taken for a part of it. */
export function counted(bytes: string): string {
  return unsigned(bytes.length, 2) + bytes;
}

/** What the keys of all rows of a section begin with that lie in a key group. */
export function groupPrefix(section: number, keyGroup: number): string {
  return String.fromCharCode(keyGroup >>> 8, keyGroup & 0xff, section);
}

/** What the keys of all rows of a section begin with that belong to an address; `hash` is that of the id. */
export function rowPrefix(section: number, type: string, hash: number, id: string): string {
  return groupPrefix(section, keyGroupOfHash(hash)) + addressBytes(type, id);
}

/** An address as a part of a key. Ids may be any string, well-formed or not. */
export function addressBytes(type: string, id: string): string {
  const isNarrow = isAscii(id);
  const form = String.fromCharCode(isNarrow ? ID_ASCII : ID_WIDE);
  const bytes = isNarrow ? id : Buffer.from(id, 'utf16le').toString('latin1');
  return counted(utf8(type)) + form + counted(bytes);
}

/** The address that `addressBytes` wrote at `at`, and where it ends. */
export function readAddressBytes(key: string, at: number): { type: string; id: string; end: number } {
  const typeEnd = at + 2 + readUnsigned(key, at, 2);
  const end = typeEnd + 3 + readUnsigned(key, typeEnd + 1, 2);
  const id = key.slice(typeEnd + 3, end);
  return {
    type: readUtf8(key.slice(at + 2, typeEnd)),
    id: key.charCodeAt(typeEnd) === ID_ASCII ? id : Buffer.from(id, 'latin1').toString('utf16le'),
    end,
  };
}

/** The least key above all that begin with this prefix. Prefixes begin with a key group, so there always is one. */
export function afterPrefix(prefix: string): string {
  let end = prefix.length;
  while (prefix.charCodeAt(end - 1) === 0xff) end--;
  return prefix.slice(0, end - 1) + String.fromCharCode(prefix.charCodeAt(end - 1) + 1);
}

export function keyBytes(key: string): Buffer {
  return Buffer.from(key, 'latin1');
}
