/**
 * Copies of bytes, where there are often only a few: those are copied by a loop, since calling out of JavaScript, and the
 * view of a range that such a call needs, cost more than they do.
 */

/** Up to this many bytes the loop is the faster way. */
const LOOP_BYTES_MAX = 96;
/** Arrays of more bytes than this have them outside of their object. */
const INSIDE_BYTES_MAX = 48;

/** Copies `from[start..end)` to `to[at..)`, where there must be room. */
export function copyBytes(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): void {
  if (end - start > LOOP_BYTES_MAX) to.set(from.subarray(start, end), at);
  else for (let index = start; index < end; index++) to[at + index - start] = from[index];
}

/**
 * The same bytes as a Buffer, which shares their memory only if there are more than a few. V8 keeps the bytes of a short
 * array inside of its object, and whoever asks for its `buffer`, as a view does, makes it move them out.
 */
export function asBuffer(bytes: Uint8Array): Buffer {
  if (bytes instanceof Buffer) return bytes;
  const { length } = bytes;
  if (length > INSIDE_BYTES_MAX) return Buffer.from(bytes.buffer, bytes.byteOffset, length);
  const copy = Buffer.allocUnsafe(length);
  for (let index = 0; index < length; index++) copy[index] = bytes[index];
  return copy;
}
