/**
 * All invocations are counted; those that are timed tell what all would, whichever functions they are of.
 */
import { expect, test } from 'vitest';
import type { Clock } from '../../../src/base/clock.ts';
import { Prng } from '../../../src/base/prng.ts';
import { LatencyHistogram } from '../../../src/metrics/latency.ts';
import { percentilesOf } from '../../../src/metrics/placed-counts.ts';
import { INGRESS_TO_INVOCATION, INVOCATION, Meter } from '../../../src/shard/meter.ts';

const PERCENTAGES = [10, 50, 90, 99] as const;
const COUNT = 2_000_000;
const FUNCTION_COUNT = 5;

class HandClock implements Clock {
  ms = 1_000;
  now(): number {
    return this.ms;
  }
  elapsedMs(): number {
    return this.ms;
  }
  stampMs(): number {
    return this.ms;
  }
}

/** Invokes so many times, functions in turn, with these times in microseconds; returns what was timed, and what would be if all were. */
function timed(usOf: (index: number) => number): { readonly some: LatencyHistogram; readonly all: LatencyHistogram } {
  const clock = new HandClock();
  const meter = new Meter(clock, true);
  const samplings = Array.from({ length: FUNCTION_COUNT }, (_, index) => meter.sampling(index));
  const all = new LatencyHistogram();
  for (let index = 0; index < COUNT; index++) {
    const us = usOf(index);
    all.record(us);
    if (!samplings[index % FUNCTION_COUNT].picks()) continue;
    const began = meter.began();
    clock.ms = 1_000 + us / 1_000;
    meter.ended(began);
    clock.ms = 1_000;
  }
  for (const index of samplings.keys()) expect(meter.messageCount(index)).toBe(COUNT / FUNCTION_COUNT);
  return { some: meter.latencies.of(INVOCATION), all };
}

/** By what part the first differ from the second: the mean, and each percentile. */
function differences(some: LatencyHistogram, all: LatencyHistogram): number[] {
  const [sampled, exact] = [some, all].map((each) => [each.mean * 1_000, ...percentilesOf(each.counts(), PERCENTAGES)]);
  return sampled.map((value, index) => Math.abs(value / exact[index] - 1));
}

test('percentiles of those that are timed are those of all, whatever the times are', () => {
  const random = new Prng(1);
  const distributions: ((index: number) => number)[] = [
    () => 5 - 20 * Math.log(1 - random.fraction()),
    // In turns: a sample of every 64th would see one kind.
    (index) => (index % 8 === 0 ? 100 : 2) * (1 + random.fraction()),
    (index) => (index % 64 < 40 ? 3 : 50) * (1 + random.fraction()),
    // Slower and slower.
    (index) => 1 + (1_000 * index) / COUNT,
  ];
  for (const distribution of distributions) {
    const { some, all } = timed(distribution);
    expect(Math.abs(some.count / (all.count / 256) - 1)).toBeLessThan(0.03);
    expect(Math.max(...differences(some, all))).toBeLessThan(0.06);
  }
});

test('messages and failures are counted, of any number of functions', () => {
  const meter = new Meter(new HandClock(), true);
  for (const index of [0, 15, 16, 17, 400, 0]) meter.sampling(index).picks();
  for (let count = 0; count < 1_000; count++) meter.sampling(3).picks();
  meter.sampling(400).skip(5);
  meter.failed(16);
  meter.failed(16);
  const counts = [0, 3, 15, 16, 17, 18, 400, 4_000].map((index) => meter.messageCount(index));
  expect(counts).toEqual([2, 1_000, 1, 1, 1, 0, 6, 0]);
  expect([0, 16, 4_000].map((index) => meter.failureCount(index))).toEqual([0, 2, 0]);
});

test('what came in from outside is timed from then on, and where nothing is to be timed it is still counted', () => {
  const clock = new HandClock();
  const [meter, untimed] = [new Meter(clock, true), new Meter(clock, false)];
  meter.cameIn(990);
  const latencies = meter.latencies.of(INGRESS_TO_INVOCATION);
  expect([latencies.count, latencies.max]).toEqual([1, 10_000]);
  for (let count = 0; count < 1_000; count++) expect(untimed.sampling(0).picks()).toBe(false);
  expect(untimed.messageCount(0)).toBe(1_000);
});
