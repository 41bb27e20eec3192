/**
 * Who owns what (I1, I12): for every number of shards that is allowed, the ranges tile all key groups, agree with the
 * arithmetic that the hot path uses, and are as equal as they can be.
 */
import { describe, expect, test } from 'vitest';
import type { KeyGroup, ShardIndex } from '../../../src/base/brand.ts';
import { hashId } from '../../../src/keys/id-hash.ts';
import {
  KEY_GROUP_COUNT,
  keyGroupOfHash,
  keyGroupRange,
  SHARD_COUNT_MAX,
  shardOfHash,
  shardOfKeyGroup,
} from '../../../src/keys/key-group.ts';

const ALL_GROUPS = Array.from({ length: KEY_GROUP_COUNT }, (_, index) => index as KeyGroup);
const SHARD_COUNTS = Array.from({ length: SHARD_COUNT_MAX }, (_, index) => index + 1);

function ranges(shardCount: number): { first: KeyGroup; end: KeyGroup }[] {
  return Array.from({ length: shardCount }, (_, shard) => keyGroupRange(shard as ShardIndex, shardCount));
}

test('the constants are frozen: data on disk depends on them', () => {
  expect(KEY_GROUP_COUNT).toBe(1024);
  expect(SHARD_COUNT_MAX).toBe(256);
});

test('ranges tile all key groups, for every number of shards', () => {
  for (const shardCount of SHARD_COUNTS) {
    let next = 0;
    for (const { first, end } of ranges(shardCount)) {
      expect(first).toBe(next);
      next = end;
    }
    expect(next).toBe(KEY_GROUP_COUNT);
  }
});

test('ranges differ by at most one key group, and none is empty', () => {
  for (const shardCount of SHARD_COUNTS) {
    const sizes = ranges(shardCount).map(({ first, end }) => end - first);
    expect(Math.min(...sizes)).toBe(Math.floor(KEY_GROUP_COUNT / shardCount));
    expect(Math.max(...sizes)).toBe(Math.ceil(KEY_GROUP_COUNT / shardCount));
  }
});

test('a key group belongs to the shard whose range it lies in', () => {
  for (const shardCount of SHARD_COUNTS) {
    const owners = ranges(shardCount).flatMap(({ first, end }, shard) => new Array<number>(end - first).fill(shard));
    expect(ALL_GROUPS.map((group) => shardOfKeyGroup(group, shardCount))).toEqual(owners);
  }
});

test('a hash belongs to the shard of its key group', () => {
  const hashes = [0, -1, 1, 0x7fffffff, -0x80000000, ...Array.from({ length: 2000 }, (_, index) => hashId(`${index}`))];
  for (const hash of hashes) {
    const group = keyGroupOfHash(hash);
    expect(group).toBe(Math.floor((hash >>> 0) / 2 ** 22));
    for (const shardCount of [1, 2, 3, 5, 16, 255, 256]) {
      expect(shardOfHash(hash, shardCount)).toBe(shardOfKeyGroup(group, shardCount));
    }
  }
});

test('with twice the shards, each shard is cut into two', () => {
  for (const shardCount of SHARD_COUNTS.filter((count) => 2 * count <= SHARD_COUNT_MAX)) {
    const halves = ALL_GROUPS.map((group) => shardOfKeyGroup(group, 2 * shardCount) >> 1);
    expect(halves).toEqual(ALL_GROUPS.map((group) => shardOfKeyGroup(group, shardCount)));
  }
});

describe('keyGroupRange refuses', () => {
  test.each([
    { what: 'a shard below the first', shard: -1, shardCount: 4 },
    { what: 'a shard beyond the last', shard: 4, shardCount: 4 },
    { what: 'no shards', shard: 0, shardCount: 0 },
    { what: 'too many shards', shard: 0, shardCount: 257 },
  ])('$what', ({ shard, shardCount }) => {
    expect(() => keyGroupRange(shard as ShardIndex, shardCount)).toThrow('shard out of range');
  });
});
