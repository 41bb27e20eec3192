/**
 * Windows of stalls: each has the longest gap that ended in it, and nothing from before they were taken.
 */
import { expect, test } from 'vitest';
import { Durability } from '../../src/shard/durable/durability.ts';
import { CoreWait } from '../../bench/harness/core-wait.ts';
import { watchDurable } from '../../bench/flow/durable-watch.ts';
import { mergeStalls, stallFigures, StallWindows } from '../../bench/flow/stall-windows.ts';

function lookAt(stalls: StallWindows, times: readonly number[]): void {
  for (const time of times) stalls.look(time);
}

test('keeps the longest gap of each full window', () => {
  const stalls = new StallWindows(100, () => 0);
  lookAt(stalls, [0, 10, 40, 50, 100, 101, 102, 150, 201, 202]);
  expect(stalls.take().wall).toEqual([50_000, 51_000]);
});

test('a gap over several windows counts once, where it ends', () => {
  const stalls = new StallWindows(100, () => 0);
  lookAt(stalls, [0, 1, 551, 560, 655]);
  expect(stalls.take().wall).toEqual([550_000, 95_000]);
});

test('what lies between two times of taking is nobody’s', () => {
  const stalls = new StallWindows(100, () => 0);
  lookAt(stalls, [0, 50, 99]);
  expect(stalls.take().wall).toEqual([]);
  lookAt(stalls, [5_000, 5_001, 5_099, 5_100]);
  expect(stalls.take().wall).toEqual([98_000]);
});

test('figures are percentiles over windows, and the worst of all', () => {
  const windows = Array.from({ length: 1_000 }, (_, index) => index + 1);
  const { percentiles, worst } = stallFigures(windows);
  const about = (value: number): number => Math.round(value / 10) * 10;
  expect([percentiles.p50, percentiles.p99, worst].map(about)).toEqual([500, 990, 1_000]);
  expect(stallFigures([]).worst).toBe(0);
});

test('of its own doing is what the thread did not wait for a core', () => {
  let waitedMs = 7;
  const stalls = new StallWindows(100, () => waitedMs);
  lookAt(stalls, [0, 1]);
  waitedMs += 30;
  // 39 ms by the clock, 30 of them without a core; then 20 that are all its own.
  lookAt(stalls, [40, 60, 80, 100]);
  expect(stalls.take()).toEqual({ wall: [39_000], own: [20_000], checkpoint: [0] });
  // What was waited while nobody looked is nobody’s.
  waitedMs += 1_000;
  lookAt(stalls, [5_000, 5_010, 5_100]);
  expect(stalls.take()).toEqual({ wall: [90_000], own: [90_000], checkpoint: [0] });
});

test('waits in gaps too short to be looked at are not taken from a later stall twice', () => {
  let waitedMs = 0;
  const stalls = new StallWindows(100, () => waitedMs);
  lookAt(stalls, [0, 0.02, 0.04]);
  waitedMs = 0.01;
  lookAt(stalls, [10.04, 20.04, 100]);
  const { own } = stalls.take();
  expect(own).toHaveLength(1);
  expect(own[0]).toBeCloseTo(79_960);
  expect(
    mergeStalls([
      { wall: [1], own: [2], checkpoint: [5] },
      { wall: [3], own: [4], checkpoint: [6] },
    ]),
  ).toEqual({ wall: [1, 3], own: [2, 4], checkpoint: [5, 6] });
});

test('work on checkpoints counts together as long as no message comes between', () => {
  const stalls = new StallWindows(100, () => 0);
  stalls.look(0);
  stalls.checkpointWork(1);
  stalls.checkpointWork(2);
  stalls.look(10);
  stalls.checkpointWork(2.5);
  lookAt(stalls, [20, 100]);
  expect(stalls.take().checkpoint).toEqual([3_000]);
  // What was done while nobody looked is nobody’s.
  stalls.checkpointWork(50);
  stalls.take();
  lookAt(stalls, [5_000, 5_100]);
  expect(stalls.take().checkpoint).toEqual([0]);
});

test('work of the durable side is told, without the time for which the thread waited for a core', () => {
  const spent: number[] = [];
  let nowMs = 0;
  let waitedMs = 0;
  const before = Object.getOwnPropertyDescriptors(Durability.prototype);
  Durability.prototype.committed = () => {
    nowMs += 5;
    waitedMs += 2;
  };
  try {
    watchDurable(
      () => nowMs,
      () => waitedMs,
      (ms) => spent.push(ms),
    );
    Durability.prototype.committed(1);
  } finally {
    Object.defineProperties(Durability.prototype, before);
  }
  expect(spent).toEqual([3]);
});

test('how long a thread has waited for a core only grows', () => {
  const coreWait = new CoreWait();
  const before = coreWait.waitedMs();
  expect(before).toBeGreaterThanOrEqual(0);
  expect(coreWait.waitedMs()).toBeGreaterThanOrEqual(before);
});
