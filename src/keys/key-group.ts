/**
 * Key groups and shards: who owns which addresses (I1). A key group is the top ten bits of the id's hash; shards own
 * contiguous, near-equal ranges of key groups. The number of key groups never changes while the data lives, the number
 * of shards may (I12): then whole key groups move. The low bits of the hash stay free for hash tables.
 */
import { assert } from '../base/assert.ts';
import type { KeyGroup, ShardIndex } from '../base/brand.ts';

const KEY_GROUP_BITS = 10;
export const KEY_GROUP_COUNT: number = 1 << KEY_GROUP_BITS;
/** More shards than this would leave some without enough key groups to balance. */
export const SHARD_COUNT_MAX = 256;

export function keyGroupOfHash(hash: number): KeyGroup {
  return (hash >>> (32 - KEY_GROUP_BITS)) as KeyGroup;
}

/** Which of `shardCount` shards owns a key group: `floor(keyGroup * shardCount / KEY_GROUP_COUNT)`. */
export function shardOfKeyGroup(keyGroup: KeyGroup, shardCount: number): ShardIndex {
  return ((keyGroup * shardCount) >>> KEY_GROUP_BITS) as ShardIndex;
}

export function shardOfHash(hash: number, shardCount: number): ShardIndex {
  return (((hash >>> (32 - KEY_GROUP_BITS)) * shardCount) >>> KEY_GROUP_BITS) as ShardIndex;
}

/** The key groups of a shard: `[first, end)`. The ranges of all shards tile `[0, KEY_GROUP_COUNT)`. */
export function keyGroupRange(shard: ShardIndex, shardCount: number): { first: KeyGroup; end: KeyGroup } {
  assert(shard >= 0 && shard < shardCount && shardCount <= SHARD_COUNT_MAX, 'shard out of range');
  const first = Math.ceil((shard * KEY_GROUP_COUNT) / shardCount);
  const end = Math.ceil(((shard + 1) * KEY_GROUP_COUNT) / shardCount);
  return { first: first as KeyGroup, end: end as KeyGroup };
}
