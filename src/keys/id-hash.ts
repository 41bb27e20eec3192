/**
 * The hash of an id: FNV-1a over the UTF-16 code units of the string (each taken as one 16-bit unit), finished with
 * MurmurHash3's 32-bit mixer. It decides placement, so it is frozen: data on disk depends on it (I12).
 *
 * The id alone is hashed, as in StateFun: all function types of one id share a key group, hence a shard, and messages
 * between them never cross a thread.
 */

/** MurmurHash3's finaliser: every input bit reaches every output bit. */
function mix(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** The hash of an id that lies in bytes, all of them ASCII. */
export function hashAsciiId(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5 | 0;
  for (let index = start; index < end; index++) hash = Math.imul(hash ^ bytes[index], 0x01000193);
  return mix(hash);
}

/** A signed 32-bit hash. */
export function hashId(id: string): number {
  let hash = 0x811c9dc5 | 0;
  for (let index = 0; index < id.length; index++) hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193);
  return mix(hash);
}
