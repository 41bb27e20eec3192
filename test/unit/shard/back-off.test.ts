/** Pauses between attempts: how long they are, and in which order they end. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Prng } from '../../../src/base/prng.ts';
import { BackOff, pauseMs } from '../../../src/shard/failing/back-off.ts';
import { Entity } from '../../../src/state/entity.ts';
import { SimulatedClock } from '../../../src/testing/simulated-clock.ts';

const BACKOFF = { initialMs: 100, factor: 2, maxMs: 1_000, jitter: 0.5 };

const drawn = (seed: number) => {
  const prng = new Prng(seed);
  return () => prng.below(1_000) / 1_000;
};

test('a pause grows with each failure up to its bound', () => {
  expect([1, 2, 3, 4, 5, 60].map((count) => pauseMs(count, BACKOFF, 0))).toEqual([100, 200, 400, 800, 1000, 1000]);
});

test('chance takes away at most the part that is left to it', () => {
  expect(pauseMs(1, BACKOFF, 0.5)).toBe(75);
  expect(pauseMs(1, BACKOFF, 0.9999)).toBeCloseTo(50, 1);
  expect(pauseMs(1, { ...BACKOFF, jitter: 0 }, 0.9)).toBe(100);
});

test('nobody comes before its time, and all come in the order of their times', () => {
  const pauses = fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 80 });
  fc.assert(
    fc.property(pauses, fc.integer(), (list, seed) => {
      const clock = new SimulatedClock(1_000);
      const backOff = new BackOff(clock, drawn(seed));
      list.forEach((initialMs, index) => {
        backOff.add(new Entity(0, index, String(initialMs)), 1, { initialMs, factor: 1, maxMs: 100, jitter: 0 });
      });
      const taken: number[] = [];
      for (let ms = 0; ms <= 50; ms++) {
        for (const entity of backOff.takeDue()) {
          expect(Number(entity.id)).toBe(ms);
          taken.push(ms);
        }
        expect(backOff.dueInMs).toBeGreaterThan(0);
        clock.advance(1);
      }
      expect(taken).toEqual(list.toSorted((a, b) => a - b));
      expect(backOff.dueInMs).toBe(Number.POSITIVE_INFINITY);
    }),
  );
});

test('the same seed gives the same pauses, another one others', () => {
  const dueOf = (seed: number): number => {
    const backOff = new BackOff(new SimulatedClock(), drawn(seed));
    backOff.add(new Entity(0, 0, 'a'), 1, BACKOFF);
    return backOff.dueInMs;
  };
  expect(dueOf(1)).toBe(dueOf(1));
  expect(dueOf(1)).not.toBe(dueOf(2));
});
