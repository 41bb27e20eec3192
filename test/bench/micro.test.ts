/**
 * How micro-benchmarks are run: batches that answer at once or later, each of them checked, and their sum where only the
 * end tells.
 */
import { describe, expect, test } from 'vitest';
import type { Benchmark, Measurement } from '../../bench/harness/benchmark.ts';
import { microBenchmarks } from '../../bench/harness/micro.ts';
import { parseCommandLine } from '../../bench/harness/options.ts';
import { batches } from './micro-batches.ts';

const { options } = parseCommandLine(['--smoke', '--seconds', '0.01', '--entities', '321']);
const [rates, latencies] = microBenchmarks(batches);

async function measure(benchmark: Benchmark, name: string): Promise<Measurement> {
  const contender = benchmark.contenders(options).find((of) => of.name === name);
  if (contender === undefined) throw new Error(`There is no ${name}.`);
  return await contender.measure(() => {});
}

describe('a micro-benchmark', () => {
  test.each([
    ['late', '321'],
    ['late itself', '7'],
    ['told how long', '0.01'],
  ])('has a rate and a checksum: %s', async (name, checksum) => {
    const measurement = await measure(rates, name);
    expect(measurement).toMatchObject({ checksum, expected: checksum });
    expect(measurement.value).toBeGreaterThan(0);
    expect(measurement.percentiles).toBeUndefined();
  });

  test('is wrong if one batch is, whatever the total', async () => {
    expect(await measure(rates, 'wrong once')).toMatchObject({ checksum: '41', expected: '42' });
  });

  test('tells the total of all runs', async () => {
    const right = await measure(rates, 'with a total');
    expect(right.checksum).toBe(right.expected);
    expect(Number(right.expected)).toBeGreaterThan(4);
    const wrong = await measure(rates, 'with a wrong total');
    expect(Number(wrong.expected) - Number(wrong.checksum)).toBe(1);
  });

  test('fails with what its batch fails with', async () => {
    await expect(measure(rates, 'failing')).rejects.toThrow('the disk is full');
  });

  test('of single calls has their percentiles', async () => {
    const { value, percentiles } = await measure(latencies, 'turn');
    const { p50 = NaN, p99 = NaN, p999 = NaN } = { ...percentiles };
    expect(value).toBe(p50);
    expect(p50).toBeGreaterThan(0);
    expect([p50, p99, p999]).toEqual([p50, p99, p999].toSorted((a, b) => a - b));
  });
});

test('units of micro-benchmarks are those of their suites', () => {
  expect([rates.unit, latencies.unit]).toEqual(['calls/s', 'µs a turn']);
});
