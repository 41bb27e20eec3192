/**
 * Windows of stalls: each has the longest gap that ended in it, and nothing from before they were taken.
 */
import { expect, test } from 'vitest';
import { stallFigures, StallWindows } from '../../bench/flow/stall-windows.ts';

function lookAt(stalls: StallWindows, times: readonly number[]): void {
  for (const time of times) stalls.look(time);
}

test('keeps the longest gap of each full window', () => {
  const stalls = new StallWindows(100);
  lookAt(stalls, [0, 10, 40, 50, 100, 101, 102, 150, 201, 202]);
  expect(stalls.take()).toEqual([50_000, 51_000]);
});

test('a gap over several windows counts once, where it ends', () => {
  const stalls = new StallWindows(100);
  lookAt(stalls, [0, 1, 551, 560, 655]);
  expect(stalls.take()).toEqual([550_000, 95_000]);
});

test('what lies between two times of taking is nobody’s', () => {
  const stalls = new StallWindows(100);
  lookAt(stalls, [0, 50, 99]);
  expect(stalls.take()).toEqual([]);
  lookAt(stalls, [5_000, 5_001, 5_099, 5_100]);
  expect(stalls.take()).toEqual([98_000]);
});

test('figures are percentiles over windows, and the worst of all', () => {
  const windows = Array.from({ length: 1_000 }, (_, index) => index + 1);
  const { percentiles, worst } = stallFigures(windows);
  const about = (value: number): number => Math.round(value / 10) * 10;
  expect([percentiles.p50, percentiles.p99, worst].map(about)).toEqual([500, 990, 1_000]);
  expect(stallFigures([]).worst).toBe(0);
});
