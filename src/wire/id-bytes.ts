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

/** All characters at once: put together one by one they would be a tree of strings, to be flattened on first use. */
export function readId(bytes: Uint8Array, at: number, byteLength: number, ascii: boolean): string {
  const units = new Array<number>(ascii ? byteLength : byteLength >> 1);
  if (ascii) {
    for (let index = 0; index < units.length; index++) units[index] = bytes[at + index];
  } else {
    for (let index = 0; index < units.length; index++) {
      units[index] = bytes[at + index * 2] | (bytes[at + index * 2 + 1] << 8);
    }
  }
  return String.fromCharCode(...units);
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
