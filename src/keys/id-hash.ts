/**
 * The hash of an id: FNV-1a over the UTF-16 code units of the string (each taken as one 16-bit unit), finished with
 * MurmurHash3's 32-bit mixer. It decides placement, so it is frozen: data on disk depends on it (I12).
 *
 * The id alone is hashed, as in StateFun: all function types of one id share a key group, hence a shard, and messages
 * between them never cross a thread. Every id passes here before anything is sent to it, so here is also the check.
 */
import { ID_LENGTH_MAX, invalidId } from '../sdk/address.ts';

/** MurmurHash3's finaliser: every input bit reaches every output bit. */
function mix(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** A signed 32-bit hash of an id; throws `INVALID_ID` for what is no allowed id. */
export function hashId(id: string): number {
  if (typeof id !== 'string' || id.length === 0 || id.length > ID_LENGTH_MAX) throw invalidId(id);
  let hash = 0x811c9dc5 | 0;
  let seen = 0;
  for (let index = 0; index < id.length; index++) {
    const unit = id.charCodeAt(index);
    seen |= unit;
    hash = Math.imul(hash ^ unit, 0x01000193);
  }
  if (seen > 0x7f && !id.isWellFormed()) throw invalidId(id);
  return mix(hash);
}
