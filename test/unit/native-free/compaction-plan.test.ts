/** Which tables are merged, and what that leads to in the long run. */
import { describe, expect, test } from 'vitest';
import { planCompaction, TABLES_MAX } from '../../../native-free/compaction-plan.ts';
import { Prng } from '../../../src/base/prng.ts';

const UNIT = 1_000;

describe('a compaction plan', () => {
  test('waits for four neighbours of one tier', () => {
    expect(planCompaction([], UNIT, true)).toBeUndefined();
    expect(planCompaction([1_000, 900, 800], UNIT, true)).toBeUndefined();
    expect(planCompaction([1_000, 900, 800, 700], UNIT, true)).toEqual({ from: 0, to: 4 });
    expect(planCompaction([1_000, 5_000, 900, 5_000, 800], UNIT, false)).toBeUndefined();
  });

  test('merges the smallest tier first', () => {
    expect(planCompaction([1_000, 1_000, 1_000, 1_000, 4_000, 4_000, 4_000, 4_000], UNIT, true)).toEqual({
      from: 0,
      to: 4,
    });
    expect(planCompaction([1_000, 4_000, 4_000, 4_000, 4_000, 90_000], UNIT, true)).toEqual({ from: 0, to: 5 });
  });

  test('merges everything when the newer tables are as large as the oldest', () => {
    expect(planCompaction([4_000, 4_000, 1_000, 9_000], UNIT, true)).toEqual({ from: 0, to: 4 });
    expect(planCompaction([4_000, 4_000, 1_000, 9_001], UNIT, true)).toBeUndefined();
    expect(planCompaction([4_000, 4_000, 1_000, 9_000], UNIT, false)).toBeUndefined();
    expect(planCompaction([4_000, 4_000, 4_000], UNIT, true)).toBeUndefined();
  });

  test('takes small tables along that lie between larger ones', () => {
    expect(planCompaction([4_000, 10, 4_000, 10, 4_000, 10, 4_000], UNIT, true)).toEqual({ from: 0, to: 7 });
    expect(planCompaction([10, 4_000, 10, 4_000, 10, 4_000, 10], UNIT, false)).toBeUndefined();
  });

  test('does not let tables become too many, whatever their sizes', () => {
    const sizes = Array.from({ length: TABLES_MAX }, (_, index) => UNIT * 4 ** (index % 12));
    const mixed = sizes.map((size, index) => (index % 2 === 0 ? size : UNIT));
    expect(planCompaction(mixed, UNIT, true)).toBeDefined();
    expect(planCompaction(mixed, UNIT, false)).toBeDefined();
  });

  test('keeps tables few and rewrites each entry about once a tier', () => {
    const prng = new Prng(3);
    let sizes: number[] = [];
    let rewritten = 0;
    for (let round = 0; round < 4_096; round++) {
      sizes = [UNIT / 2 + prng.below(UNIT), ...sizes];
      for (let plan = planCompaction(sizes, UNIT, true); plan !== undefined; plan = planCompaction(sizes, UNIT, true)) {
        const merged = sizes.slice(plan.from, plan.to).reduce((sum, size) => sum + size, 0);
        rewritten += merged;
        sizes = [...sizes.slice(0, plan.from), merged, ...sizes.slice(plan.to)];
      }
      expect(sizes.length).toBeLessThan(TABLES_MAX);
    }
    expect(rewritten / (4_096 * UNIT)).toBeLessThan(7);
  });
});
