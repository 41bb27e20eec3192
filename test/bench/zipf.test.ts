/**
 * Keys by Zipf's law: as often as the law says, all within bounds, and the same from the same seed.
 */
import { expect, test } from 'vitest';
import { nextStage, PipelineTopology, type Stage } from '../../bench/flow/pipeline-topology.ts';
import { ZipfDraw } from '../../bench/flow/zipf-draw.ts';

test('the most wanted keys come up as often as the law says', () => {
  const draw = new ZipfDraw(1_000, 7);
  const counts = new Map<number, number>();
  const drawn = 200_000;
  for (let index = 0; index < drawn; index++) {
    const rank = draw.nextRank();
    counts.set(rank, (counts.get(rank) ?? 0) + 1);
  }
  const shareOf = (rank: number): number => (counts.get(rank) ?? 0) / drawn;
  expect(shareOf(0)).toBeCloseTo(draw.firstShare, 2);
  expect(shareOf(1)).toBeCloseTo(draw.firstShare / 2 ** 0.99, 2);
  expect(shareOf(9)).toBeCloseTo(draw.firstShare / 10 ** 0.99, 2);
  expect(Math.max(...counts.keys())).toBeLessThan(1_000);
});

test('ranks are scattered over all keys, and a seed names the sequence', () => {
  const keys = new Set(Array.from({ length: 100 }, (_, rank) => (rank * 7_368_787) % 100));
  expect(keys.size).toBe(100);
  const [a, b] = [new ZipfDraw(5_000, 3), new ZipfDraw(5_000, 3)];
  const draws = Array.from({ length: 50 }, () => a.next());
  expect(Array.from({ length: 50 }, () => b.next())).toEqual(draws);
  expect(Math.min(...draws)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...draws)).toBeLessThan(5_000);
  expect(new ZipfDraw(1, 1).next()).toBe(0);
});

test('a chain of the pipeline goes through five stages a round', () => {
  const topology = new PipelineTopology({ kind: 'pipeline', width: 3 });
  let messages = 0;
  for (let at: Stage | undefined = { rounds: 4, lane: 1, stage: 0 }; at !== undefined; at = nextStage(at, 3)) {
    expect(topology.ids[at.lane * 5 + at.stage]).toMatch(/^stage-\d+$/);
    messages++;
  }
  expect(messages).toBe(topology.messagesPerChain(4));
});
