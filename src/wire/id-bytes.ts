/**
 * Ids as bytes: UTF-8, with a fast path for ASCII, where a byte is a character. Loops instead of encoders, because an id
 * is a dozen characters long and a call into native code costs more than that.
 */

const decoder = new TextDecoder();

/** Longest id in bytes that `writeId` may produce for a string of `length` UTF-16 units. */
export function idBytesMax(length: number): number {
  return length * 3;
}

/** Writes `id` at `at`; returns its length in bytes, negated when the bytes are not all ASCII. */
export function writeId(id: string, bytes: Uint8Array, at: number): number {
  const length = id.length;
  let seen = 0;
  for (let index = 0; index < length; index++) {
    const unit = id.charCodeAt(index);
    seen |= unit;
    bytes[at + index] = unit;
  }
  if (seen < 0x80) return length;
  return -Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).write(id, at, 'utf8');
}

export function readId(bytes: Uint8Array, at: number, byteLength: number, ascii: boolean): string {
  if (!ascii) return decoder.decode(bytes.subarray(at, at + byteLength));
  let id = '';
  for (let index = 0; index < byteLength; index++) id += String.fromCharCode(bytes[at + index]);
  return id;
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
