/**
 * The queue of timers against a sorted array: what is due first comes first, and of one time what went in first.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Prng } from '../../../src/base/prng.ts';
import { TimerQueue } from '../../../src/timers/timer-queue.ts';

const times = fc.array(fc.oneof(fc.nat(20), fc.constant(-1)), { maxLength: 400 });

test('gives what a stable sort gives, whenever it is asked', () => {
  fc.assert(
    fc.property(times, (steps) => {
      const queue = new TimerQueue();
      const model: { due: number; key: number }[] = [];
      const take = (): unknown[] => (queue.size === 0 ? [] : [queue.dueMs, queue.take()]);
      for (const [index, step] of steps.entries()) {
        if (step >= 0) {
          queue.add(step, index);
          model.push({ due: step, key: index });
          // Stable: equal times stay in the order in which they came.
          model.sort((one, other) => one.due - other.due);
        }
        const first = step >= 0 ? [] : model.splice(0, 1);
        expect(step >= 0 ? [] : take()).toEqual(first.flatMap(({ due, key }) => [due, key]));
        expect(queue.size).toBe(model.length);
      }
      while (queue.size > 0) expect(queue.take()).toBe(model.shift()?.key);
      expect(model).toEqual([]);
    }),
  );
});

test('is due never when it is empty, and takes times far beyond 2^31 ms', () => {
  const queue = new TimerQueue();
  expect(queue.dueMs).toBe(Number.POSITIVE_INFINITY);
  const dues = [2 ** 45, 2 ** 31, 2 ** 32 + 1, 2 ** 31 - 1];
  for (const [index, due] of dues.entries()) queue.add(due, index);
  const taken = dues.map(() => dues[queue.take()]);
  expect(taken).toEqual(dues.toSorted((one, other) => one - other));
});

test('grows and shrinks with what is in it', () => {
  const queue = new TimerQueue();
  for (let index = 0; index < 10_000; index++) queue.add((index * 7_919) % 10_007, index);
  let last = -1;
  for (let count = 10_000; count > 0; count--) {
    const { dueMs } = queue;
    expect(dueMs).toBeGreaterThanOrEqual(last);
    last = dueMs;
    expect((queue.take() * 7_919) % 10_007).toBe(dueMs);
  }
  expect(queue.size).toBe(0);
});

test('stays right while it grows and shrinks again and again', () => {
  const queue = new TimerQueue();
  const model: number[] = [];
  let number = 0;
  for (const [addCount, takeCount] of [
    [3_000, 2_990],
    [500, 400],
    [3_000, 3_000],
    [40, 150],
  ]) {
    // Of one time, so that the order is that of insertion.
    for (let count = 0; count < addCount; count++) model.push(number++);
    for (const timer of model.slice(-addCount)) queue.add(7, timer);
    for (let count = 0; count < takeCount; count++) expect(queue.take()).toBe(model.shift());
    expect(queue.size).toBe(model.length);
  }
  expect(model).toEqual([]);
});

test('takes many of one run, and never of two', () => {
  const queue = new TimerQueue();
  for (let timer = 0; timer < 40; timer++) queue.add(5, timer);
  queue.add(6, 40);
  const timers = new Int32Array(16);
  const taken: number[] = [];
  const counts: number[] = [];
  while (queue.size > 0) {
    const count = queue.takeMany(timers, 16);
    counts.push(count);
    taken.push(...timers.subarray(0, count));
  }
  expect(counts).toEqual([16, 16, 8, 1]);
  expect(taken).toEqual(Array.from({ length: 41 }, (_, timer) => timer));
});

test('times that share a lane keep their order, however they come and go', () => {
  // 16,384 lanes: all of these times have the same one, and some are the same in their lowest 32 bits.
  const dues = [7, 7 + 2 ** 14, 7 + 2 ** 15, 7 + 2 ** 32, 7 + 2 ** 33];
  const prng = new Prng(3);
  const queue = new TimerQueue();
  const model: { due: number; timer: number }[] = [];
  const wrong: unknown[] = [];
  for (let step = 0; step < 20_000; step++) {
    if (prng.chance(step % 2_000 < 1_000 ? 0.7 : 0.2)) {
      const due = prng.pick(dues);
      // Some are negative: those are the ones that came from the store.
      const timer = step % 2 === 0 ? step : ~step;
      queue.add(due, timer);
      model.push({ due, timer });
    } else if (model.length > 0) {
      const first = model.reduce((one, other) => (other.due < one.due ? other : one));
      model.splice(model.indexOf(first), 1);
      if (queue.dueMs !== first.due || queue.take() !== first.timer) wrong.push(first);
    }
  }
  expect([wrong, queue.size]).toEqual([[], model.length]);
});
