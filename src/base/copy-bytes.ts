/**
 * Copies a range of bytes from one array to another. A few bytes are copied by a loop: calling out of JavaScript, and the
 * view of the range that such a call needs, cost more than they do.
 */

/** Up to this many bytes the loop is the faster way. */
const LOOP_BYTES_MAX = 48;

/** Copies `from[start..end)` to `to[at..)`, where there must be room. */
export function copyBytes(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): void {
  if (end - start > LOOP_BYTES_MAX) to.set(from.subarray(start, end), at);
  else for (let index = start; index < end; index++) to[at + index - start] = from[index];
}
