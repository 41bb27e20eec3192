/**
 * Latency under load: the pacer's times, histograms that cross threads and rounds, and what is made of them for people,
 * programs and plotters.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Benchmark, Distribution, Measurement } from '../../bench/harness/benchmark.ts';
import { mergeDistributions } from '../../bench/harness/distributions.ts';
import { epochMs } from '../../bench/harness/epoch-clock.ts';
import { writeHgrmFiles } from '../../bench/harness/hgrm-files.ts';
import { resultLines, table } from '../../bench/harness/report.ts';
import { Outstanding } from '../../bench/open-loop/outstanding.ts';
import { openLoopBenchmark, type OpenLoopSession } from '../../bench/open-loop/open-loop.ts';
import { pace } from '../../bench/open-loop/pacer.ts';
import { parseCommandLine } from '../../bench/harness/options.ts';
import { LatencyHistogram } from '../../src/metrics/latency.ts';

function encoded(...microseconds: readonly number[]): string {
  const histogram = new LatencyHistogram();
  for (const value of microseconds) histogram.record(value);
  const text = histogram.encode();
  histogram.destroy();
  return text;
}

function round(...distributions: readonly Distribution[]): Measurement {
  return { value: 1, checksum: '0', expected: '0', distributions };
}

describe('the pacer', () => {
  test('begins each event once, not before its time, at intended times that are evenly spaced', async () => {
    const intended: number[] = [];
    let early = 0;
    const first = await pace(10_000, 1_000, (at) => {
      intended.push(at);
      // The last event told may be up to one interval early, by rounding.
      if (epochMs() < at - 0.1) early++;
    });
    expect(intended.length).toBe(1_000);
    expect(early).toBe(0);
    expect(intended[0]).toBe(first);
    for (let index = 1; index < intended.length; index++) {
      expect(intended[index] - first).toBeCloseTo(index * 0.1, 3);
    }
  });

  test('does not wait for a program that is held up, and tells it the times all the same', async () => {
    const intended: number[] = [];
    let isHeldUp = false;
    await pace(1_000, 50, (at) => {
      intended.push(at);
      if (isHeldUp) return;
      isHeldUp = true;
      const until = performance.now() + 30;
      while (performance.now() < until);
    });
    expect(intended.length).toBe(50);
    expect(intended[49] - intended[0]).toBeCloseTo(49, 3);
  });
});

describe('an open loop over something whose speed is known', () => {
  /** Ends each event after 2 ms, and is held up once for 40 ms. */
  class Slow implements OpenLoopSession {
    readonly histogram = new LatencyHistogram();
    readonly outstanding = new Outstanding();
    count = 0;
    heldUpUntil = 0;

    saturate(count: number): Promise<number> {
      this.count += count;
      return Promise.resolve(count / 4_000);
    }

    begin(intended: number): void {
      this.count++;
      if (this.count === 4_000) this.heldUpUntil = epochMs() + 40;
      this.outstanding.begun(1);
      const wait = Math.max(2, this.heldUpUntil - epochMs());
      setTimeout(() => {
        this.histogram.record((epochMs() - intended) * 1000);
        this.outstanding.ended(1);
      }, wait);
    }

    allEnded(): Promise<void> {
      return this.outstanding.fewerThan(1);
    }

    takeHistogram(): Promise<string> {
      const text = this.histogram.encode();
      this.histogram.reset();
      return Promise.resolve(text);
    }

    check(): Promise<{ checksum: string; expected: string }> {
      return Promise.resolve({ checksum: String(this.count), expected: String(this.count) });
    }

    close(): Promise<void> {
      this.histogram.destroy();
      return Promise.resolve();
    }
  }

  test('has a distribution for each load, none of them better than the thing is', async () => {
    const benchmark = openLoopBenchmark({
      name: 'slow',
      describe: () => 'a test',
      firstCount: 100,
      open: () => Promise.resolve(new Slow()),
    });
    const { options } = parseCommandLine(['--seconds', '0.1']);
    const measurement = await benchmark.contenders(options)[0].measure(() => {});
    const loads = mergeDistributions([measurement]);
    expect(loads.map(({ name }) => name)).toEqual(['at 25 %', 'at 50 %', 'at 75 %', 'at 90 %']);
    expect(loads.map(({ offeredPerSecond }) => offeredPerSecond)).toEqual([1_000, 2_000, 3_000, 3_600]);
    expect(loads.map(({ count }) => count)).toEqual([400, 800, 1_200, 1_440]);
    for (const { percentiles, achievedPerSecond, offeredPerSecond = 0 } of loads) {
      expect(percentiles.p50).toBeGreaterThanOrEqual(1_900);
      expect(achievedPerSecond).toBeLessThanOrEqual(offeredPerSecond * 1.05);
    }
    expect(measurement.named?.['largest load, events/s']).toBe(4_000);
    expect(measurement.value).toBe(measurement.percentiles?.p50);
  });
});

describe('distributions', () => {
  const rounds = [
    round({ name: 'at 50 %', histogram: encoded(1, 2, 3), offeredPerSecond: 10, achievedPerSecond: 9 }),
    round({ name: 'at 50 %', histogram: encoded(4, 5, 600), offeredPerSecond: 20, achievedPerSecond: 19 }),
    round({ name: 'at 50 %', histogram: encoded(), offeredPerSecond: 30, achievedPerSecond: 29 }),
  ];

  test('of all rounds are one', () => {
    const [merged] = mergeDistributions(rounds);
    expect(merged).toMatchObject({ name: 'at 50 %', count: 6, offeredPerSecond: 20, achievedPerSecond: 19 });
    expect(merged.percentiles.p50).toBeCloseTo(3, 2);
    expect(merged.percentiles.max).toBeCloseTo(600, 0);
    const values = merged.curve.map(({ us }) => us);
    expect(values).toEqual(values.toSorted((a, b) => a - b));
    expect(merged.curve[0].percentage).toBe(0);
    expect(merged.curve.at(-1)?.percentage).toBe(100);
    expect(mergeDistributions([round()])).toEqual([]);
    expect(mergeDistributions([])).toEqual([]);
  });

  const benchmark: Benchmark = {
    name: 'a, b',
    unit: 'µs',
    describe: () => '',
    figures: [],
    contenders: () => [],
  };
  const run = { benchmark, figures: [], limits: [], standings: [{ contender: 'millrace', measurements: rounds }] };

  test('are told to people and programs', () => {
    expect(table(run)).toMatch(/millrace at 50 %: p50 3\.\d+, .*, max 600\.\d+ µs; 20\.00\/s asked, 19\.00\/s came/);
    const [line] = resultLines(run);
    expect(line.distributions).toEqual([expect.objectContaining({ name: 'at 50 %', count: 6 })]);
    expect(line.distributions?.[0]).not.toHaveProperty('curve');
  });

  test('become files for plotters', () => {
    const directory = mkdtempSync(join(tmpdir(), 'millrace-hgrm-'));
    writeHgrmFiles(directory, run);
    expect(readdirSync(directory)).toEqual(['a-b-millrace-at-50.hgrm']);
    const lines = readFileSync(join(directory, 'a-b-millrace-at-50.hgrm'), 'utf8').split('\n');
    expect(lines[0].trim().split(/\s+/)).toEqual(['Value', 'Percentile', 'TotalCount', '1/(1-Percentile)']);
    expect(lines.find((line) => line.includes('1.000000000000'))?.trim()).toMatch(/^600\.\d+ 1\.0+ +6$/);
    expect(lines.join('\n')).toMatch(/#\[Max +=[ \d.]+, Total count +=[ ]+6\]/);
    rmSync(directory, { recursive: true, force: true });
  });
});

test('who waits for events is told when one fails', async () => {
  const outstanding = new Outstanding();
  outstanding.begun(2);
  const waiting = outstanding.fewerThan(1);
  outstanding.ended(1);
  outstanding.fail(new Error('no answer'));
  await expect(waiting).rejects.toThrow('An event failed under load.');
  await expect(outstanding.fewerThan(100)).rejects.toThrow('An event failed under load.');
});
