/**
 * A record has arrived when its epoch is committed, and not when it comes.
 */
import { expect, test } from 'vitest';
import { END_TO_END, OutsideLatencies } from '../../../src/engine/outside-latencies.ts';
import { SimulatedClock } from '../../../src/testing/simulated-clock.ts';

test('records of an epoch are timed to its commit, those of the next one to the next', () => {
  const clock = new SimulatedClock(1_000);
  const latencies = new OutsideLatencies(clock, true);
  const since = latencies.since();
  expect(since).toBe(1_000);
  clock.advance(10);
  latencies.arrived(since, false);
  latencies.arrived(since, true);
  latencies.arrived(undefined, false);
  latencies.endEpoch();
  clock.advance(10);
  latencies.committed();
  expect([latencies.set.get(END_TO_END)?.count, (latencies.set.get(END_TO_END)?.max ?? 0) / 1000]).toEqual([1, 20]);
  latencies.endEpoch();
  clock.advance(20);
  latencies.committed();
  expect(latencies.set.get(END_TO_END)?.count).toBe(2);
  expect((latencies.set.get(END_TO_END)?.max ?? 0) / 1000).toBeCloseTo(40, 1);
});

test('what a roll-back takes back is not timed; without a data directory records arrive at once', () => {
  const clock = new SimulatedClock(1_000);
  const [durable, inMemory] = [new OutsideLatencies(clock, true), new OutsideLatencies(clock, false)];
  durable.arrived(900, false);
  durable.rollBack();
  durable.endEpoch();
  durable.committed();
  expect(durable.set.get(END_TO_END)).toBe(undefined);
  inMemory.arrived(900, false);
  expect(inMemory.set.get(END_TO_END)?.max).toBeCloseTo(100_000, -2);
});
