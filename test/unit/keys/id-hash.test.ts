/**
 * The hash of an id, which is frozen: data on disk lies where it says. It is checked against a reference of its own,
 * written with BigInt after the published descriptions (FNV-1a; MurmurHash3's fmix32), and against fixed numbers, which
 * stand here so that hash and reference cannot be changed together.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hashAsciiId, hashId } from '../../../src/keys/id-hash.ts';
import { KEY_GROUP_COUNT, keyGroupOfHash, shardOfHash } from '../../../src/keys/key-group.ts';

const FNV_OFFSET_BASIS = 2166136261n;
const FNV_PRIME = 16777619n;

function word(value: bigint): bigint {
  return BigInt.asUintN(32, value);
}

function fnv1a(units: readonly number[]): bigint {
  return units.reduce((hash, unit) => word((hash ^ BigInt(unit)) * FNV_PRIME), FNV_OFFSET_BASIS);
}

function fmix32(value: bigint): bigint {
  let h = value;
  h = word((h ^ (h >> 16n)) * 0x85ebca6bn);
  h = word((h ^ (h >> 13n)) * 0xc2b2ae35n);
  return h ^ (h >> 16n);
}

function referenceHash(id: string): number {
  const units = Array.from({ length: id.length }, (_, index) => id.charCodeAt(index));
  return Number(BigInt.asIntN(32, fmix32(fnv1a(units))));
}

describe('the reference', () => {
  test.each([
    { text: '', hash: 0x811c9dc5n },
    { text: 'a', hash: 0xe40c292cn },
    { text: 'foobar', hash: 0xbf9cf968n },
  ])('knows the FNV-1a test vector of "$text"', ({ text, hash }) => {
    expect(fnv1a([...Buffer.from(text)])).toBe(hash);
  });

  test.each([
    { value: 0n, hash: 0n },
    { value: 1n, hash: 0x514e28b7n },
    { value: 0xffffffffn, hash: 0x81f16f39n },
  ])('knows that fmix32($value) is $hash', ({ value, hash }) => {
    expect(fmix32(value)).toBe(hash);
  });
});

describe('hashId', () => {
  test.each(['a', 'Kim', 'shop/cart', '0', 'é', 'é', '日本', '𝄞', ' ', '\u0000', 'x'.repeat(1024), '\ud800'])(
    'agrees with the reference on %j',
    (id) => {
      expect(hashId(id)).toBe(referenceHash(id));
    },
  );

  test('agrees with the reference on any string', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (id) => {
        expect(hashId(id)).toBe(referenceHash(id));
      }),
      { seed: 1, numRuns: 2000 },
    );
  });

  test('is frozen', () => {
    const frozen = {
      a: 444641715,
      Kim: 1801709637,
      'user-1': 2005895916,
      'user-2': 853201105,
      'order-000042': 1829066670,
      日本: 236567117,
      '𝄞': 806755671,
      '550e8400-e29b-41d4-a716-446655440000': -1763402403,
    };
    expect(Object.fromEntries(Object.keys(frozen).map((id) => [id, hashId(id)]))).toEqual(frozen);
  });

  test('sees the order of characters, and every bit of them', () => {
    const ids = ['ab', 'ba', 'aab', 'aba', 'baa', 'a', 'á', 'š', '\u0161', '\u0061', '\u6161'];
    const hashes = new Map(ids.map((id) => [id, hashId(id)]));
    expect(new Set(hashes.values()).size).toBe(hashes.size);
  });
});

/** Ids as people make them: counters, padded counters, hexadecimal, dates, letters, text beyond ASCII. */
const ID_FAMILIES: Readonly<Record<string, (index: number) => string>> = {
  counters: (index) => String(index),
  'named counters': (index) => `user-${index}`,
  'padded counters': (index) => String(index).padStart(12, '0'),
  'counters in front': (index) => `${index}/account/current`,
  'even numbers': (index) => String(index * 2),
  hexadecimal: (index) => (index * 2654435761).toString(16),
  'single words': (index) => `用户${String.fromCharCode(0x4e00 + (index % 20000))}${Math.floor(index / 20000)}`,
};

describe.each(Object.entries(ID_FAMILIES))('%s', (_name, idOf) => {
  const hashes = Array.from({ length: 64_000 }, (_, index) => hashId(idOf(index)));

  test('spread evenly over 1 to 16 shards', () => {
    for (let shardCount = 1; shardCount <= 16; shardCount++) {
      const counts = new Array<number>(shardCount).fill(0);
      for (const hash of hashes) counts[shardOfHash(hash, shardCount)]++;
      const fair = hashes.length / shardCount;
      for (const count of counts) expect(Math.abs(count - fair) / fair, `${shardCount} shards`).toBeLessThan(0.06);
    }
  });

  test('spread over the key groups as by chance', () => {
    expect(chiSquared(hashes.map(keyGroupOfHash), KEY_GROUP_COUNT)).toBeLessThan(5);
  });

  test('leave low bits that are good for hash tables', () => {
    const lowBits = hashes.map((hash) => hash & 1023);
    expect(chiSquared(lowBits, 1024)).toBeLessThan(5);
  });
});

/** How far the counts are from even, in standard deviations of what chance would do. */
function chiSquared(values: readonly number[], binCount: number): number {
  const counts = new Array<number>(binCount).fill(0);
  for (const value of values) counts[value]++;
  const fair = values.length / binCount;
  const sum = counts.reduce((total, count) => total + (count - fair) ** 2 / fair, 0);
  return (sum - (binCount - 1)) / Math.sqrt(2 * (binCount - 1));
}

test('an id in ASCII bytes has the hash of its string', () => {
  for (const id of ['a', 'Kim', 'entity-100000', 'x'.repeat(1_024)]) {
    const bytes = Buffer.from(`..${id}..`, 'latin1');
    expect(hashAsciiId(bytes, 2, 2 + id.length)).toBe(hashId(id));
  }
});
