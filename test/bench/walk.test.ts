/**
 * Walks: where they come by is known beforehand, for any sample, whoever takes the steps.
 */
import { expect, test } from 'vitest';
import { WalkLedger } from '../../bench/flow/walk-ledger.ts';
import {
  entityOfDraw,
  firstDraw,
  loadedSum,
  nextDraw,
  sampledVisits,
  sampleStride,
  stepCount,
  type Walks,
} from '../../bench/flow/walk.ts';

/** Takes every step and keeps every count. */
function countsAfter(entities: number, allWalks: readonly Walks[]): number[] {
  const counts = Array.from({ length: entities }, (_, number) => number);
  for (const walks of allWalks) {
    for (let walk = 0; walk < walks.count; walk++) {
      let x = firstDraw(walks, walk);
      for (let left = walks.rounds; left >= 0; left--) {
        counts[entityOfDraw(x, entities)]++;
        x = nextDraw(x);
      }
    }
  }
  return counts;
}

test('the sample of the ledger is what the entities would hold', () => {
  const entities = 50_000;
  const ledger = new WalkLedger(entities, 30);
  const walks = [ledger.add(400), ledger.add(0), ledger.add(100)];
  const stride = sampleStride(entities);
  expect(stride).toBe(5);
  const sample = countsAfter(entities, walks).filter((_, number) => number % stride === 0);
  expect(ledger.expectedSum).toBe(sample.reduce((sum, count) => sum + count, 0));
});

test('with few entities the sample is all of them', () => {
  const walks: Walks = { count: 7, rounds: 9, seed: 3 };
  expect(sampleStride(2_000)).toBe(1);
  expect(loadedSum(100)).toBe(4950);
  expect(sampledVisits(walks, 100)).toBe(stepCount(walks));
  expect(stepCount(walks)).toBe(70);
});

test('walks go different ways, and each time others', () => {
  const firsts = [0, 1, 2].flatMap((seed) => {
    const walks: Walks = { count: 1_000, rounds: 0, seed };
    return Array.from({ length: walks.count }, (_, walk) => firstDraw(walks, walk));
  });
  expect(new Set(firsts).size).toBe(firsts.length);
  expect(firsts).not.toContain(0);
});

test('all entities are visited about as often', () => {
  const counts = countsAfter(16, [{ count: 100, rounds: 159, seed: 1 }]).map((count, number) => count - number);
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(16_000);
  for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(150);
});
