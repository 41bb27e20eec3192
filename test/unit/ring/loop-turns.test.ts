/** When a busy thread lets its event loop have a turn: often, but for a small share of its time, and freely after a rest. */
import { expect, test } from 'vitest';
import { LoopTurns } from '../../../src/ring/loop-turns.ts';

interface Played {
  readonly turnCount: number;
  readonly share: number;
}

/** Works for so long in cycles of 0.05 ms; a turn of the event loop takes `turnMs`. */
function play(turns: LoopTurns, fromMs: number, durationMs: number, turnMs: number, isWaiting: boolean): Played {
  let turnCount = 0;
  let now = fromMs;
  while (now < fromMs + durationMs) {
    now += 0.05;
    if (!turns.isDue(now, isWaiting)) continue;
    turns.turned(now, now + turnMs);
    now += turnMs;
    turnCount++;
  }
  return { turnCount, share: (turnCount * turnMs) / durationMs };
}

test('without async invocations there is a turn every 2 ms', () => {
  expect(play(new LoopTurns(0), 0, 100, 0.01, false).turnCount).toBeGreaterThanOrEqual(45);
  expect(play(new LoopTurns(0), 0, 100, 0.01, false).turnCount).toBeLessThanOrEqual(50);
});

test('a short burst has its turns often, and so has one that costs next to nothing', () => {
  expect(play(new LoopTurns(0), 0, 2, 0.06, true).turnCount).toBeGreaterThanOrEqual(6);
  expect(play(new LoopTurns(0), 0, 1_000, 0.004, true).turnCount).toBeGreaterThan(3_000);
});

test('what takes long has a small share of a full load, and never none', () => {
  const short = play(new LoopTurns(0), 0, 1_000, 0.06, true);
  expect(short.share).toBeGreaterThan(0.015);
  expect(short.share).toBeLessThan(0.025);
  const long = play(new LoopTurns(0), 0, 1_000, 5, true);
  expect(long.turnCount).toBeGreaterThan(100);
});

test('after a rest it is as at the beginning', () => {
  const turns = new LoopTurns(0);
  play(turns, 0, 1_000, 0.06, true);
  const overdrawn = play(turns, 1_000, 3, 0.06, true).turnCount;
  turns.rested();
  expect(play(turns, 1_003, 3, 0.06, true).turnCount).toBeGreaterThan(overdrawn + 4);
});
