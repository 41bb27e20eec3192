/**
 * All invocations are counted; those that are timed tell what all would.
 */
import { expect, test } from 'vitest';
import type { Clock } from '../../../src/base/clock.ts';
import { Prng } from '../../../src/base/prng.ts';
import { LatencyHistogram } from '../../../src/metrics/latency.ts';
import { percentilesOf } from '../../../src/metrics/placed-counts.ts';
import { INGRESS_TO_INVOCATION, INVOCATION, Meter } from '../../../src/shard/meter.ts';
import { TYPE_NONE } from '../../../src/wire/envelope-layout.ts';

const PERCENTAGES = [10, 50, 90, 99] as const;
const COUNT = 2_000_000;

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

/** Invokes so many times, with these times in microseconds; returns what was timed, and what would be if all were. */
function timed(usOf: (index: number) => number): { readonly some: LatencyHistogram; readonly all: LatencyHistogram } {
  const clock = new HandClock();
  const meter = new Meter(clock, true);
  const all = new LatencyHistogram();
  for (let index = 0; index < COUNT; index++) {
    const us = usOf(index);
    const began = meter.began(0, 1, undefined);
    all.record(us);
    clock.ms = 1_000 + us / 1_000;
    if (began > 0) meter.ended(began);
    clock.ms = 1_000;
  }
  expect(meter.messageCount(0)).toBe(COUNT);
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
  for (const index of [0, 15, 16, 17, 400, 0]) meter.began(index, 1, undefined);
  meter.tookMore(400, 5);
  meter.failed(16);
  expect([0, 15, 16, 17, 18, 400, 4_000].map((index) => meter.messageCount(index))).toEqual([2, 1, 1, 1, 0, 6, 0]);
  expect([0, 16, 4_000].map((index) => meter.failureCount(index))).toEqual([0, 1, 0]);
});

test('a message that is followed is timed to its first invocation, and nothing is where nothing is to be timed', () => {
  const clock = new HandClock();
  const [meter, untimed] = [new Meter(clock, true), new Meter(clock, false)];
  meter.began(0, TYPE_NONE, { since: 990 });
  // What comes of it carries the same time.
  meter.began(0, 3, { since: 990 });
  meter.began(0, TYPE_NONE, { attempts: 1 });
  const latencies = meter.latencies.of(INGRESS_TO_INVOCATION);
  expect([latencies.count, latencies.max]).toEqual([1, 10_000]);
  for (let count = 0; count < 1_000; count++) expect(untimed.began(0, 1, undefined)).toBe(0);
  expect(untimed.messageCount(0)).toBe(1_000);
});
