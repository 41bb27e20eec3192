/**
 * Writes one entry, and looks at entries where they lie. An `EntryReader` is a window that is moved from entry to entry,
 * since an object per entry would cost more than the work on it; whoever keeps an entry copies it out.
 *
 * The bytes come from verified records and pages, so nothing is checked here.
 */

const NO_BYTES = new Uint8Array(0);

/** Returns the offset behind the varint. */
function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  let rest = value;
  let next = at;
  while (rest >= 0x80) {
    bytes[next++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[next++] = rest;
  return next;
}

/** Writes an entry at `at`, where there is room for it, and returns the offset behind it. No value: a deletion. */
export function writeEntry(bytes: Uint8Array, at: number, key: Uint8Array, value: Uint8Array | undefined): number {
  let next = writeVarint(bytes, at, key.length);
  next = writeVarint(bytes, next, value === undefined ? 0 : value.length + 1);
  bytes.set(key, next);
  next += key.length;
  if (value === undefined) return next;
  bytes.set(value, next);
  return next + value.length;
}

/** A copy that shares no memory, whatever kind of byte array it is made from. */
export function copyOfRange(bytes: Uint8Array, from: number, to: number): Uint8Array {
  const copy = new Uint8Array(to - from);
  copy.set(bytes.subarray(from, to));
  return copy;
}

export class EntryReader {
  bytes: Uint8Array = NO_BYTES;
  /** Where the entry begins. */
  start = 0;
  keyStart = 0;
  /** Where the key ends and the value begins. */
  keyEnd = 0;
  /** Where the entry ends. */
  end = 0;
  isDeletion = false;
  #at = 0;

  /** Moves to the entry that begins at `at`. */
  moveTo(bytes: Uint8Array, at: number): void {
    this.bytes = bytes;
    this.start = at;
    this.#at = at;
    const keyLength = this.#varint();
    const valueLength = this.#varint() - 1;
    this.isDeletion = valueLength < 0;
    this.keyStart = this.#at;
    this.keyEnd = this.#at + keyLength;
    this.end = valueLength < 0 ? this.keyEnd : this.keyEnd + valueLength;
  }

  copyKey(): Uint8Array {
    return copyOfRange(this.bytes, this.keyStart, this.keyEnd);
  }

  copyValue(): Uint8Array {
    return copyOfRange(this.bytes, this.keyEnd, this.end);
  }

  #varint(): number {
    const first = this.bytes[this.#at++];
    return first < 0x80 ? first : this.#longVarint(first & 0x7f);
  }

  #longVarint(first: number): number {
    let value = first;
    for (let shift = 7; ; shift += 7) {
      const byte = this.bytes[this.#at++];
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }
}
