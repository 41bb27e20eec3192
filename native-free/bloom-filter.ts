/**
 * A Bloom filter over hashes of keys: says of a key that it is not there, or that it may be. Ten bits a key and six
 * probes let through about one in a hundred keys that are not there. What it holds is on disk, so none of its numbers
 * can change without a new format version.
 */

const BITS_PER_KEY = 10;
const PROBES = 6;

/** A second hash from the first, odd, so that the probes differ. */
function stepOf(hash: number): number {
  return ((hash >>> 17) | (hash << 15) | 1) >>> 0;
}

export function buildFilter(hashes: readonly number[]): Uint8Array {
  const filter = new Uint8Array(Math.max(8, (hashes.length * BITS_PER_KEY + 7) >> 3));
  const bits = filter.length * 8;
  for (const hash of hashes) {
    const step = stepOf(hash);
    for (let probe = 0, at = hash; probe < PROBES; probe++, at = (at + step) >>> 0) {
      const bit = at % bits;
      filter[bit >> 3] |= 1 << (bit & 7);
    }
  }
  return filter;
}

/** Whether a key of this hash may be in the filter `bytes[0, filterBytes)`. */
export function filterHas(bytes: Uint8Array, filterBytes: number, hash: number): boolean {
  const bits = filterBytes * 8;
  const step = stepOf(hash);
  for (let probe = 0, at = hash; probe < PROBES; probe++, at = (at + step) >>> 0) {
    const bit = at % bits;
    if ((bytes[bit >> 3] & (1 << (bit & 7))) === 0) return false;
  }
  return true;
}
