/**
 * The order of keys: byte by byte, unsigned, a prefix before what it begins. Everything in this store is sorted by it,
 * and what is on disk depends on it, so it can never change. Compares ranges in place, since a slice costs more than
 * the comparison.
 */

/** Negative, zero or positive, as `a[aFrom, aTo)` comes before, equals or comes after `b[bFrom, bTo)`. */
export function compareRanges(
  a: Uint8Array,
  aFrom: number,
  aTo: number,
  b: Uint8Array,
  bFrom: number,
  bTo: number,
): number {
  const aLength = aTo - aFrom;
  const bLength = bTo - bFrom;
  const shared = aLength < bLength ? aLength : bLength;
  for (let index = 0; index < shared; index++) {
    const difference = a[aFrom + index] - b[bFrom + index];
    if (difference !== 0) return difference;
  }
  return aLength - bLength;
}
