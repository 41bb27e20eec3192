/**
 * What the benchmarks' figures rest on: rounds in turns, ratios round by round, checksums that fail the run, and work
 * that follows from the speed seen.
 */
import { describe, expect, test } from 'vitest';
import type { Benchmark, Contender, Figure, Limit, Measurement } from '../../bench/harness/benchmark.ts';
import { Interruption } from '../../bench/harness/interruption.ts';
import { entityCount, type Options, parseCommandLine } from '../../bench/harness/options.ts';
import { resultLines, table } from '../../bench/harness/report.ts';
import { type BenchmarkRun, failedChecksums, failureLines, runBenchmark } from '../../bench/harness/rounds.ts';
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

test('a third is required in three digits', async () => {
  const benchmark = { ...scripted({ ...SCRIPT, fast: [] }), figures: [{ rival: 'slow', atMost: 1 / 3 }] };
  expect(table(await runBenchmark(benchmark, options, { progress: () => {} }))).toMatch(/ ≤ 0\.333 +missed/);
});

test('contenders take turns, and ratios are taken round by round', async () => {
  const turns: string[] = [];
  const run = await runBenchmark(scripted(SCRIPT, turns), options, { progress: () => {} });
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
  const run = await runBenchmark(scripted({ millrace: rounds }), options, { progress: () => {} });
  expect(resultLines(run)[0]).toMatchObject({ value: 2, p50: 2, p99: 20, p999: 200 });
  expect(table(run)).toContain('millrace: p50 2.000 µs, p99 20.00 µs, p99.9 200.0 µs');
});

describe('named values and limits', () => {
  const rounds = [3, 1, 2].map((worst) => ({
    ...measured(worst * 10),
    percentiles: { p50: worst, p99: worst * 100, p999: worst * 1000 },
    named: { 'longest, ms': worst },
  }));

  async function linesWith(...limits: Limit[]): Promise<string[]> {
    const benchmark = { ...scripted({ millrace: rounds }), limits };
    const lines = table(await runBenchmark(benchmark, options, { progress: () => {} })).split('\n');
    return lines.filter((line) => line.includes('required: ')).map((line) => line.trim());
  }

  test('named values are shown with their spread, and written as medians', async () => {
    const run = await runBenchmark(scripted({ millrace: rounds }), options, { progress: () => {} });
    expect(table(run)).toContain('millrace: longest, ms: 2.000 (1.000 – 3.000)');
    expect(resultLines(run)[0].named).toEqual({ 'longest, ms': 2 });
    expect(resultLines(await runBenchmark(scripted(SCRIPT), options, { progress: () => {} }))[0]).not.toHaveProperty(
      'named',
    );
  });

  test('limits hold of the median, or of every round', async () => {
    expect(
      await linesWith(
        { of: 'value', atMost: 20 },
        { of: 'value', atLeast: 21 },
        { of: 'p99', atMost: 200 },
        { of: 'longest, ms', atMost: 2 },
        { of: 'longest, ms', atMost: 2, over: 'every round' },
        { of: 'longest, ms', atMost: 3, over: 'every round' },
      ),
    ).toEqual([
      'required: messages/s ≤ 20.00: 20.00 (10.00 – 30.00), reached',
      'required: messages/s ≥ 21.00: 20.00 (10.00 – 30.00), missed',
      'required: p99, µs ≤ 200.0: 200.0 (100.0 – 300.0), reached',
      'required: longest, ms ≤ 2.000: 2.000 (1.000 – 3.000), reached',
      'required: longest, ms ≤ 2.000 in every round: 2.000 (1.000 – 3.000), missed',
      'required: longest, ms ≤ 3.000 in every round: 2.000 (1.000 – 3.000), reached',
    ]);
  });

  test('ratios of percentiles are required in lines of their own, and not in the row of the values', async () => {
    const benchmark = {
      ...scripted({ millrace: rounds, rival: rounds.toReversed() }),
      figures: [
        { rival: 'rival', atMost: 1, of: 'p99' },
        { rival: 'rival', atMost: 0.5, of: 'longest, ms' },
        { rival: 'somebody who is missing', atMost: 1, of: 'p99' },
      ],
    };
    const text = table(await runBenchmark(benchmark, options, { progress: () => {} }));
    const lines = text.split('\n').filter((line) => line.includes('reached') || line.includes('missed'));
    expect(lines.map((line) => line.trim())).toEqual([
      'required: p99, µs, ≤ 1 × that of rival: 1.00 (0.67 – 1.50), reached',
      'required: longest, ms, ≤ 0.5 × that of rival: 1.00 (0.67 – 1.50), missed',
    ]);
  });

  test('a limit of what nobody has measured is missed', async () => {
    expect(await linesWith({ of: 'longets, ms', atMost: 2 })).toEqual([expect.stringMatching(/missed$/)]);
  });
});

describe('a contender that throws', () => {
  const said: string[] = [];
  const removed: string[] = [];

  /** `millrace`, `fast` and `slow`, of whom one throws in a round. */
  async function runWith(failing: string, failsInRound: number): Promise<BenchmarkRun> {
    said.length = 0;
    removed.length = 0;
    const contender = (name: string): Contender => {
      let round = 0;
      return {
        name,
        measure(progress) {
          progress('loading');
          round++;
          if (name === failing && round === failsInRound) throw new Error('no disk');
          return Promise.resolve(measured(1));
        },
        remove: () => void removed.push(name),
      };
    };
    const benchmark = { ...scripted({}), contenders: () => ['millrace', 'fast', 'slow'].map(contender) };
    return runBenchmark(benchmark, options, { progress: (text) => said.push(text) });
  }

  test('is named with its reason, its rounds are left out, and the others go on', async () => {
    const run = await runWith('fast', 2);
    expect(run.standings.map(({ contender, measurements }) => [contender, measurements.length])).toEqual([
      ['millrace', 3],
      ['slow', 3],
    ]);
    expect(failureLines(run)).toEqual(['scripted, fast: no disk']);
    expect(table(run)).toContain('  failed: fast: no disk');
    expect(said).toContain('scripted, round 2 of 3: fast: loading');
    expect(said).not.toContain('scripted, round 3 of 3: fast');
    expect(removed).toEqual(['millrace', 'fast', 'slow']);
  });

  test('ends its benchmark if it is ours, since rivals alone say nothing', async () => {
    const run = await runWith('millrace', 2);
    expect(run.standings).toEqual([]);
    expect(failureLines(run)).toEqual(['scripted, millrace: no disk']);
    expect(said.at(-1)).toBe('scripted, round 2 of 3: millrace: loading');
    expect(removed).toEqual(['millrace', 'fast', 'slow']);
  });

  test('has failed as well if it cannot remove what it has left', async () => {
    const stuck = { name: 'millrace', measure: () => Promise.resolve(measured(1)) };
    const remove = (): void => {
      throw new Error('busy');
    };
    const benchmark = { ...scripted({}), contenders: () => [{ ...stuck, remove }] };
    expect(failureLines(await runBenchmark(benchmark, options, { progress: () => {} }))).toEqual([
      'scripted, millrace: busy',
    ]);
  });
});

test('what is required may depend on the options', async () => {
  const limits = ({ intervalMs = 100 }: Options): Limit[] => [{ of: 'value', atMost: intervalMs + 5 }];
  const figures = ({ intervalMs }: Options): Figure[] =>
    intervalMs === undefined ? [{ rival: 'slow', atLeast: 2 }] : [];
  const required = async (...args: string[]): Promise<string[]> => {
    const benchmark = { ...scripted(SCRIPT), limits, figures };
    const run = await runBenchmark(benchmark, parseCommandLine(args).options, { progress: () => {} });
    return table(run).match(/[≤≥] [\d.,]+/g) ?? [];
  };
  expect(await required('--rounds', '1')).toEqual(['≥ 2', '≤ 105.0']);
  expect(await required('--rounds', '1', '--interval', '1000')).toEqual(['≤ 1,005']);
});

test('a benchmark has its own number of entities, unless one is given or all is small', () => {
  const count = (...args: string[]): number => entityCount(parseCommandLine(args).options, 1_000_000);
  expect(count()).toBe(1_000_000);
  expect(count('--entities', '77')).toBe(77);
  expect(count('--smoke')).toBe(2_000);
  expect(count('--smoke', '--entities', '77')).toBe(77);
});

test('a wrong checksum is found in any round', async () => {
  const wrong = { value: 1, checksum: '8', expected: '9' };
  const script = { millrace: [measured(1), measured(1), measured(1)], slow: [measured(1), wrong, measured(1)] };
  const run = await runBenchmark(scripted(script), options, { progress: () => {} });
  expect(failedChecksums(run)).toEqual(['scripted, slow: checksum 8, expected 9']);
});

test('rivals can be chosen by a part of their name; ours always runs', async () => {
  const run = await runBenchmark(scripted(SCRIPT), { ...options, against: 'fas' }, { progress: () => {} });
  expect(run.standings.map(({ contender }) => contender)).toEqual(['millrace', 'fast']);
});

test.each(['SIGINT', 'SIGTERM'] as const)('%s gives up what is under way', async (signal) => {
  const interruption = new Interruption();
  const never = new Promise<number>(() => {});
  setImmediate(() => process.emit(signal));
  expect(await interruption.unlessInterrupted(never)).toBeUndefined();
  expect(interruption.isInterrupted).toBe(true);
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
