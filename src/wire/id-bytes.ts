/**
 * Ids as bytes: one byte a character while all are ASCII, else two bytes (UTF-16, little-endian), so that every string
 * is an id and comes back as it was. Loops instead of encoders, because an id is a dozen characters long and a call
 * into native code costs more than that.
 */

/** Most bytes that `writeId` writes for a string of `length` UTF-16 units. */
export function idBytesMax(length: number): number {
  return length * 2;
}

/** Writes `id` at `at`; returns its length in bytes, negated when it is not ASCII. */
export function writeId(id: string, bytes: Uint8Array, at: number): number {
  const { length } = id;
  let seen = 0;
  for (let index = 0; index < length; index++) {
    const unit = id.charCodeAt(index);
    seen |= unit;
    bytes[at + index] = unit;
  }
  return seen < 0x80 ? length : -writeWide(id, bytes, at);
}

function writeWide(id: string, bytes: Uint8Array, at: number): number {
  for (let index = 0; index < id.length; index++) {
    const unit = id.charCodeAt(index);
    bytes[at + index * 2] = unit & 0xff;
    bytes[at + index * 2 + 1] = unit >>> 8;
  }
  return id.length * 2;
}

export function readId(bytes: Uint8Array, at: number, byteLength: number, ascii: boolean): string {
  if (ascii) return readAscii(bytes, at, byteLength);
  const units = new Array<number>(byteLength >> 1);
  for (let index = 0; index < units.length; index++) {
    units[index] = bytes[at + index * 2] | (bytes[at + index * 2 + 1] << 8);
  }
  return String.fromCharCode(...units);
}

/**
 * All characters at once: put together one by one they would be a tree of strings, to be flattened on first use. With as
 * many arguments as there are characters a short text takes two thirds of what it takes with a list of them.
 */
export function readAscii(b: Uint8Array, at: number, length: number): string {
  const text = String.fromCharCode;
  // biome-ignore format: a line for each length
  switch (length) {
    case 0: return '';
    case 1: return text(b[at]);
    case 2: return text(b[at], b[at + 1]);
    case 3: return text(b[at], b[at + 1], b[at + 2]);
    case 4: return text(b[at], b[at + 1], b[at + 2], b[at + 3]);
    case 5: return text(b[at], b[at + 1], b[at + 2], b[at + 3], b[at + 4]);
    case 6: return text(b[at], b[at + 1], b[at + 2], b[at + 3], b[at + 4], b[at + 5]);
    case 7: return text(b[at], b[at + 1], b[at + 2], b[at + 3], b[at + 4], b[at + 5], b[at + 6]);
    case 8: return text(b[at], b[at + 1], b[at + 2], b[at + 3], b[at + 4], b[at + 5], b[at + 6], b[at + 7]);
    default: return readLonger(b, at, length);
  }
}

function readLonger(b: Uint8Array, at: number, length: number): string {
  const text = String.fromCharCode;
  // biome-ignore format: a line for each length
  switch (length) {
    case 9: return text(b[at], b[at + 1], b[at + 2], b[at + 3], b[at + 4], b[at + 5], b[at + 6], b[at + 7], b[at + 8]);
    case 10: return text(b[at], b[at + 1], b[at + 2], b[at + 3], b[at + 4], b[at + 5], b[at + 6], b[at + 7], b[at + 8], b[at + 9]);
    case 11: return text(b[at], b[at + 1], b[at + 2], b[at + 3], b[at + 4], b[at + 5], b[at + 6], b[at + 7], b[at + 8], b[at + 9], b[at + 10]);
    case 12: return text(b[at], b[at + 1], b[at + 2], b[at + 3], b[at + 4], b[at + 5], b[at + 6], b[at + 7], b[at + 8], b[at + 9], b[at + 10], b[at + 11]);
    default: {
      const units = new Array<number>(length);
      for (let index = 0; index < length; index++) units[index] = b[at + index];
      return text(...units);
    }
  }
}

/** Whether `id` is what stands in the bytes. */
export function idEquals(id: string, bytes: Uint8Array, at: number, byteLength: number, ascii: boolean): boolean {
  if (!ascii) return readId(bytes, at, byteLength, false) === id;
  if (id.length !== byteLength) return false;
  for (let index = 0; index < byteLength; index++) {
    if (id.charCodeAt(index) !== bytes[at + index]) return false;
  }
  return true;
}
