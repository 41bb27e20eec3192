/**
 * Copies of words, of which an envelope mostly has a few: up to some tens of them a loop is the faster way.
 */

/** Below this many words a loop beats a call of `TypedArray.set`, which has to make a view first. */
const LOOP_WORDS_MAX = 64;

export function copyWords(from: Int32Array, start: number, count: number, to: Int32Array, at: number): void {
  if (count <= LOOP_WORDS_MAX) {
    for (let index = 0; index < count; index++) to[at + index] = from[start + index];
  } else {
    to.set(from.subarray(start, start + count), at);
  }
}
