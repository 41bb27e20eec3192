/**
 * Simulated time: it moves when it is told to, and wakes sleepers in order.
 */
import { expect, test } from 'vitest';
import { SimulatedClock } from '../../../src/testing/simulated-clock.ts';

async function turn(): Promise<void> {
  for (let count = 0; count < 5; count++) await Promise.resolve();
}

function sleepers(clock: SimulatedClock, times: readonly number[]): number[] {
  const woken: number[] = [];
  for (const ms of times) void clock.sleep(ms).then(() => woken.push(ms));
  return woken;
}

test('sleepers wake one by one, the earliest first, and the clock moves with them', async () => {
  const clock = new SimulatedClock(100);
  const woken = sleepers(clock, [30, 10, 20]);
  expect([clock.wakeNext(), clock.now(), clock.elapsedMs(), clock.sleeperCount]).toEqual([true, 110, 110, 2]);
  await turn();
  expect(woken).toEqual([10]);
  clock.wakeNext();
  clock.wakeNext();
  await turn();
  expect([woken, clock.now(), clock.wakeNext()]).toEqual([[10, 20, 30], 130, false]);
});

test('moving on wakes all whose time has come, and nobody else', async () => {
  const clock = new SimulatedClock();
  const woken = sleepers(clock, [5, 15, 10]);
  clock.advance(10);
  await turn();
  expect([woken, clock.now(), clock.sleeperCount]).toEqual([[5, 10], 10, 1]);
  clock.advance(4);
  await turn();
  expect([woken, clock.now()]).toEqual([[5, 10], 14]);
});

test('those who are forgotten never wake', async () => {
  const clock = new SimulatedClock();
  const woken = sleepers(clock, [5, 15]);
  clock.forgetSleepers();
  clock.advance(100);
  await turn();
  expect([woken, clock.sleeperCount]).toEqual([[], 0]);
});
