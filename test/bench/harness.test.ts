/**
 * What the benchmarks' figures rest on: rounds in turns, ratios round by round, checksums that fail the run, and work
 * that follows from the speed seen.
 */
import { expect, test } from 'vitest';
import type { Benchmark, Measurement } from '../../bench/harness/benchmark.ts';
import { parseCommandLine } from '../../bench/harness/options.ts';
import { resultLines, table } from '../../bench/harness/report.ts';
import { failedChecksums, runBenchmark } from '../../bench/harness/rounds.ts';
import { median, ratios, spread } from '../../bench/harness/statistics.ts';
import { warmRun } from '../../bench/harness/warm-run.ts';

const { options } = parseCommandLine(['--rounds', '3']);

function measured(value: number): Measurement {
  return { value, checksum: '7', expected: '7' };
}

/** A benchmark whose contenders give the listed measurements one after another, and note their turns. */
function scripted(script: Readonly<Record<string, readonly Measurement[]>>, turns: string[] = []): Benchmark {
  return {
    name: 'scripted',
    unit: 'messages/s',
    describe: () => 'a test',
    figures: [
      { rival: 'slow', atLeast: 2 },
      { rival: 'fast', atLeast: 0.9 },
    ],
    contenders: () =>
      Object.entries(script).map(([name, measurements]) => {
        const left = [...measurements];
        return {
          name,
          measure() {
            turns.push(name);
            return Promise.resolve(left.shift() ?? measured(Number.NaN));
          },
        };
      }),
  };
}

const SCRIPT = {
  millrace: [measured(10), measured(30), measured(20)],
  slow: [measured(5), measured(10), measured(10)],
  fast: [measured(20), measured(60), measured(10)],
};

test('contenders take turns, and ratios are taken round by round', async () => {
  const turns: string[] = [];
  const run = await runBenchmark(scripted(SCRIPT, turns), options, () => {});
  expect(turns.join(' ')).toBe('millrace slow fast millrace slow fast millrace slow fast');
  const lines = table(run).split('\n');
  expect(lines[1]).toMatch(/^ {2}millrace +20\.00 +10\.00 – 30\.00$/);
  expect(lines[2]).toMatch(/^ {2}slow +10\.00 +5\.000 – 10\.00 +2\.00 +2\.00 – 3\.00 +≥ 2 +reached$/);
  expect(lines[3]).toMatch(/^ {2}fast +20\.00 +10\.00 – 60\.00 +0\.50 +0\.50 – 2\.00 +≥ 0\.9 +missed$/);
  expect(resultLines(run)[1]).toEqual({
    bench: 'scripted',
    rival: 'slow',
    unit: 'messages/s',
    value: 10,
    p50: null,
    p99: null,
    p999: null,
    checksum: '7',
  });
});

test('percentiles are medians over the rounds', async () => {
  const rounds = [3, 1, 2].map((p50) => ({ ...measured(p50), percentiles: { p50, p99: p50 * 10, p999: p50 * 100 } }));
  const run = await runBenchmark(scripted({ millrace: rounds }), options, () => {});
  expect(resultLines(run)[0]).toMatchObject({ value: 2, p50: 2, p99: 20, p999: 200 });
  expect(table(run)).toContain('millrace: p50 2.000 µs, p99 20.00 µs, p99.9 200.0 µs');
});

test('a wrong checksum is found in any round', async () => {
  const wrong = { value: 1, checksum: '8', expected: '9' };
  const script = { millrace: [measured(1), measured(1), measured(1)], slow: [measured(1), wrong, measured(1)] };
  const run = await runBenchmark(scripted(script), options, () => {});
  expect(failedChecksums(run)).toEqual(['scripted, slow: checksum 8, expected 9']);
});

test('rivals can be chosen by a part of their name; ours always runs', async () => {
  const run = await runBenchmark(scripted(SCRIPT), { ...options, against: 'fas' }, () => {});
  expect(run.standings.map(({ contender }) => contender)).toEqual(['millrace', 'fast']);
});

test('medians, spreads and ratios', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(spread([5, 9, 1])).toEqual({ median: 5, min: 1, max: 9 });
  expect(ratios([10, 30], [5, 10])).toEqual({ median: 2.5, min: 2, max: 3 });
});

test('a warm run ends with as much work as takes the wanted time, however fast it has become', async () => {
  // 1,000 pieces of work a second while cold, 10,000 once 700 have been done.
  let done = 0;
  const works: number[] = [];
  const run = await warmRun(
    (work) => {
      works.push(work);
      const speed = done < 700 ? 1_000 : 10_000;
      done += work;
      return Promise.resolve(work / speed);
    },
    100,
    1,
  );
  expect(run.works).toEqual(works);
  expect(run.work).toBe(10_000);
  expect(run.seconds).toBe(1);
  expect(works).toEqual([100, 600, 1_000, 10_000]);
});
