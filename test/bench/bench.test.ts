/**
 * The benchmarks in their smoke size: every one of them runs, every contender does the work it claims to do, and the
 * output is what programs rely on. How fast anything is, no test says.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { BENCHMARKS } from '../../bench/catalogue.ts';
import { type Benchmark, figuresOf, limitsOf, OURS } from '../../bench/harness/benchmark.ts';
import { parseCommandLine } from '../../bench/harness/options.ts';
import type { ResultLine } from '../../bench/harness/report.ts';
import { chooseContenders } from '../../bench/harness/rounds.ts';
import { ROOT, runTool, type ToolResult } from '../tool.ts';

function bench(...args: string[]): Promise<ToolResult> {
  return runTool(process.execPath, [join(ROOT, 'bench', 'main.ts'), ...args]);
}

describe('npm run bench', () => {
  test('runs everything in small, with a sound result for every contender', async () => {
    const { code, stdout, stderr } = await bench('--smoke', '--json');
    expect(code, stderr).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    const results = lines.map((line) => JSON.parse(line) as ResultLine);
    const { options } = parseCommandLine(['--smoke']);
    const expected = BENCHMARKS.flatMap((benchmark) =>
      chooseContenders(benchmark, options)
        .filter(({ missing }) => missing === undefined)
        .map(({ name }) => `${benchmark.name}: ${name}`),
    );
    expect(results.map(({ bench: name, rival }) => `${name}: ${rival}`)).toEqual(expected);
    for (const result of results) checkResult(result);
    for (const benchmark of BENCHMARKS) checkLimits(benchmark, results);
  });

  test('flows take their size from flags, and are right with them', async () => {
    const flows = ['fan-in', 'fan-out', 'pipeline', 'hot-key'];
    const sizes = [
      '--shards',
      '3',
      '--rounds',
      '1',
      '--entities',
      '30',
      '--bytes',
      '700',
      '--interval',
      '20',
      '--inflight',
      '40',
    ];
    const chosen = flows.flatMap((name) => ['--only', name]);
    const { code, stdout, stderr } = await bench('--smoke', '--against', 'plain', ...sizes, ...chosen);
    expect(code, stderr).toBe(0);
    const heads = stdout.split('\n').filter((line) => flows.some((name) => line.startsWith(`${name}: `)));
    expect(heads).toHaveLength(flows.length);
    for (const head of heads) {
      expect(head).toMatch(/\b30 (?:entities|lanes|on all shards)/);
      expect(head).toContain('700 bytes');
      expect(head).toContain('a checkpoint every 20 ms');
    }
  });

  test('what waits, is late or commits takes its size from flags as well, and is right with them', async () => {
    const asked = ['ask', 'ask, open loop', 'ask-committed', 'hot-address', 'remote-greeter-hot', 'receipts'];
    const waiting = ['ping-pong', 'async-wait', 'async-beside', 'delayed', 'cut-stall', 'send-committed'];
    const flows = [...asked, ...waiting, 'commit-alone', 'restart'];
    const sizes = ['--shards', '2', '--entities', '30', '--bytes', '700', '--interval', '20', '--inflight', '40'];
    const chosen = flows.flatMap((name) => ['--only', name]);
    const { code, stdout, stderr } = await bench('--smoke', '--against', 'nobody', ...sizes, ...chosen);
    expect(code, stderr).toBe(0);
    const heads = stdout.split('\n').filter((line) => flows.some((name) => line.startsWith(`${name}: `)));
    expect(heads).toHaveLength(flows.length);
    for (const head of heads) expect(head).toContain('700 bytes');
    const inVain = stderr.split('\n').filter((line) => /^--(?:bytes|interval) has no effect/.test(line));
    expect(inVain).toEqual([]);
  });

  test('prints a table, the machine and what it is worth', async () => {
    const { code, stdout, stderr } = await bench('--smoke', '--only', 'key-hash', '--against', 'crc32');
    expect(code, stderr).toBe(0);
    expect(stdout).toContain(`Node ${process.version}`);
    expect(stdout).toContain('Warning: smoke size');
    expect(stdout).toMatch(/^key-hash: /m);
    expect(stdout).toMatch(/^ {2}millrace +[\d,.]+ +[\d,.]+ – [\d,.]+$/m);
    expect(stdout).toMatch(/^ {2}zlib\.crc32 +[\d,.]+ +[\d,.]+ – [\d,.]+ +[\d.]+ +[\d.]+ – [\d.]+$/m);
    expect(stdout).not.toContain('md5');
  });

  test.each([
    [['--seconds', 'long'], '--seconds is "long"; allowed is a number from 0.001 to 3600.'],
    [['--rounds', '1.5'], '--rounds is "1.5"; allowed is a whole number from 1 to 1000.'],
    [['--only', 'nothing-like-this'], 'No benchmark is named like "nothing-like-this"; --list names all.'],
    [['--frobnicate'], "Unknown option '--frobnicate'"],
    [['--frobnicate'], '--help says what there is.'],
  ])('refuses %j with a sentence', async (args, sentence) => {
    const { code, stderr } = await bench(...args);
    expect(code).toBe(2);
    expect(stderr).toContain(sentence);
  });
});

test('benchmarks have unique names, ours first, and figures for rivals that exist', () => {
  const { options } = parseCommandLine([]);
  expect(new Set(BENCHMARKS.map(({ name }) => name)).size).toBe(BENCHMARKS.length);
  for (const benchmark of BENCHMARKS) {
    const names = benchmark.contenders(options).map(({ name }) => name);
    expect(names[0]).toBe(OURS);
    expect(new Set(names).size).toBe(names.length);
    for (const { rival } of figuresOf(benchmark, options)) expect(names).toContain(rival);
  }
});

test('the list of what there is names every benchmark, in full and once', () => {
  const readme = readFileSync(join(ROOT, 'bench', 'README.md'), 'utf8');
  const list = /^## What there is$(.*?)^## /ms.exec(readme)?.[1] ?? '';
  const cells = list.split('\n').map((line) => /^\| (`.*?) \|/.exec(line)?.[1] ?? '');
  const named = cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name));
  expect(named.toSorted()).toEqual(BENCHMARKS.map(({ name }) => name).toSorted());
});

function checkResult(result: ResultLine): void {
  const where = `${result.bench}: ${result.rival}`;
  const { named, distributions, ...always } = result;
  expect(Object.keys(always), where).toEqual(['bench', 'rival', 'unit', 'value', 'p50', 'p99', 'p999', 'checksum']);
  for (const [name, value] of Object.entries(named ?? {})) {
    expect(name, where).toMatch(/, \S+$/);
    expect(value, `${where}: ${name}`).toBeGreaterThan(0);
  }
  for (const { name, count, percentiles } of distributions ?? []) {
    expect(count, `${where}: ${name}`).toBeGreaterThan(0);
    const values = Object.values(percentiles);
    expect(values, `${where}: ${name}`).toEqual(values.toSorted((a, b) => a - b));
  }
  expect(result.value, where).toBeGreaterThan(0);
  expect(result.unit, where).toMatch(/\w/);
  expect(result.checksum, where).toMatch(/^-?\d+(?: -?\d+)*$/);
  const percentiles = [result.p50, result.p99, result.p999];
  const known = percentiles.filter((percentile) => percentile !== null);
  expect([0, 3], where).toContain(known.length);
  expect(known, where).toEqual(known.toSorted((a, b) => a - b));
}

/** What a limit is about must have been measured. */
function checkLimits(benchmark: Benchmark, results: readonly ResultLine[]): void {
  const { name } = benchmark;
  const limits = limitsOf(benchmark, parseCommandLine(['--smoke']).options);
  const ours = results.find(({ bench: of, rival }) => of === name && rival === OURS);
  const known: Readonly<Record<string, unknown>> = { ...ours, ...ours?.named };
  for (const { of } of limits) expect(known[of], `${name}: ${of}`).toBeTypeOf('number');
}
