/**
 * The flights example, as a process: its results against sums made here, its flags, bad input, and Ctrl-C. It checks
 * itself against a plain loop as well; `plain-loop.test.ts` shows that this check can fail.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readDataSet, repeated } from '../../examples/flights/data-set.ts';
import { FlagError, readFlags } from '../../examples/flights/flags.ts';
import type { AirportSummary, RouteSummary, Summary } from '../../examples/flights/module.ts';
import { type ExampleResult, ExampleRun, runExample } from './example-run.ts';

const MAIN = 'examples/flights/main.ts';
const folder = mkdtempSync(join(tmpdir(), 'millrace-flights-'));
const flights = await readDataSet();

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function fly(args: readonly string[], input = ''): Promise<ExampleResult> {
  return runExample(MAIN, args, input);
}

function parsed(ndjson: string): Summary[] {
  return ndjson
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Summary);
}

function airportsOf(summaries: readonly Summary[]): AirportSummary[] {
  return summaries.filter((summary) => summary.kind === 'airport');
}

function routesOf(summaries: readonly Summary[]): RouteSummary[] {
  return summaries.filter((summary) => summary.kind === 'route');
}

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

describe('over the data set', () => {
  test('every airport and route comes out right, and the table shows the busiest', async () => {
    const output = join(folder, 'results.ndjson');
    const { code, stdout, stderr } = await fly(['--repeat', '2', '--shards', '2', '--output', output]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('40,000 of 40,000 flights') });

    const summaries = parsed(readFileSync(output, 'utf8'));
    const airports = airportsOf(summaries);
    const routes = routesOf(summaries);
    expect([airports.length, routes.length]).toEqual([224, 2977]);
    expect(airports.filter(({ departures }) => departures > 0)).toHaveLength(220);
    for (const counts of [airports.map((airport) => airport.departures), airports.map(({ arrivals }) => arrivals)]) {
      expect(sum(counts)).toBe(40_000);
    }
    expect(sum(routes.map((route) => route.flights))).toBe(40_000);
    expect(sum(routes.map(({ miles }) => miles))).toBe(2 * sum(flights.map(({ distance }) => distance)));

    const toOrd = flights.filter(({ destination }) => destination === 'ORD').map(({ delay }) => delay);
    expect(airports.find(({ id }) => id === 'ORD')).toMatchObject({
      departures: 2 * flights.filter(({ origin }) => origin === 'ORD').length,
      arrivals: 2 * toOrd.length,
      meanDelay: sum(toOrd) / toOrd.length,
      worstDelay: Math.max(...toOrd),
    });
    // The second time over comes 90 days after the first.
    expect(
      routes
        .map(({ last }) => last)
        .toSorted()
        .at(-1),
    ).toBe('2001/06/29 22:27');

    const table = stdout.trim().split('\n');
    expect(table[0]).toMatch(/^airport +departures +arrivals +mean delay +worst delay +busiest$/);
    expect(table.slice(1, 11).map((line) => line.trim().slice(0, 3))).toEqual(
      'ORD DFW ATL LAX PHX STL DTW DEN LAS MSP'.split(' '),
    );
    expect(stdout).toMatch(/^40,000 flights, 120,000 messages in [\d.]+ s on 2 shards: [\d,]+ messages\/s$/m);
    expect(stdout).toMatch(/^latency {2}p50 [\d.]+ ms {3}p99 [\d.]+ ms {3}p99\.9 [\d.]+ ms/m);
    expect(stdout).toContain('checked: all 224 airports and 2977 routes equal a plain loop');
  });

  test.each(['1', '3'])('%s shards give the same', async (shardCount) => {
    const { code, stdout, stderr } = await fly(['--repeat', '1', '--shards', shardCount, '--output', '-', '--quiet']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(parsed(stdout)).toHaveLength(224 + 2977);
  });

  test('--quiet without --output says nothing when all is well', async () => {
    expect(await fly(['--repeat', '1', '--quiet'])).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('the source gives the same flights again from any position', async () => {
    const source = repeated(flights.slice(0, 1200), 2);
    const hooks = { signal: new AbortController().signal, skipped: () => {} };
    const batches = await all(source.read(undefined, hooks));
    expect(batches.flatMap(({ records }) => records)).toHaveLength(2400);
    for (const [index, { position }] of batches.entries()) {
      const rest = await all(source.read(position, hooks));
      expect(rest).toEqual(batches.slice(index + 1));
    }
  });
});

describe('over NDJSON', () => {
  const lines = flights.slice(0, 300).map((flight) => JSON.stringify(flight));

  test('is a filter from standard input to standard output', async () => {
    const { code, stdout, stderr } = await fly(['--input', '-', '--output', '-'], `${lines.join('\n')}\n`);
    expect(code, stderr).toBe(0);
    const summaries = parsed(stdout);
    expect(sum(routesOf(summaries).map((route) => route.flights))).toBe(300);
    expect(stderr).toContain('300 flights, 900 messages');
    expect(stderr).toMatch(/^airport +departures/m);
  });

  test('reads a file without a last newline', async () => {
    const input = join(folder, 'flights.ndjson');
    writeFileSync(input, lines.join('\n'));
    const { code, stdout } = await fly(['--input', input]);
    expect(code).toBe(0);
    expect(stdout).toContain('300 flights, 900 messages');
  });

  test('ends well when there is nothing', async () => {
    const { code, stdout } = await fly(['--input', '-']);
    expect(code).toBe(0);
    expect(stdout).toContain('0 flights, 0 messages');
  });

  test('a line that is no JSON stops it', async () => {
    const input = [...lines.slice(0, 2), '{"date":', ...lines.slice(2)].join('\n');
    const { code, stdout, stderr } = await fly(['--input', '-', '--output', '-'], input);
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^INGRESS_FAILED: .*line 3\b/m);
  });

  test('a record that is no flight stops it', async () => {
    const { code, stderr } = await fly(['--input', '-'], `${lines[0]}\n{"date":"today"}\n`);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^ROUTER_FAILED: .*record 2: not a flight: {"date":"today"}/m);
  });

  test('with --on-malformed skip it leaves them out and goes on', async () => {
    const input = [...lines.slice(0, 2), '{"date":', '{"date":"today"}', ...lines.slice(2)].join('\n');
    const args = ['--input', '-', '--output', '-', '--on-malformed', 'skip'];
    const { code, stdout, stderr } = await fly(args, input);
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/^MALFORMED_RECORD: .*line 3\b/m);
    expect(stderr).toMatch(/^ROUTER_FAILED: .*not a flight/m);
    expect(sum(routesOf(parsed(stdout)).map((route) => route.flights))).toBe(300);
  });

  test('many bad lines do not flood the terminal', async () => {
    const args = ['--input', '-', '--on-malformed', 'skip', '--quiet'];
    const { code, stderr } = await fly(args, 'no flight\n'.repeat(1000));
    expect(code).toBe(0);
    expect(stderr.match(/^MALFORMED_RECORD/gm)).toHaveLength(10);
    expect(stderr).toContain('and 990 more');
  });

  test.each([
    ['input', /^INGRESS_FAILED: .*ENOENT/m],
    ['output', /^EGRESS_FAILED: .*ENOENT/m],
  ])('a missing %s is a failure, not a wait', async (flag, complaint) => {
    const { code, stderr } = await fly([`--${flag}`, join(folder, 'not-here', 'x.ndjson')]);
    expect(code).toBe(1);
    expect(stderr).toMatch(complaint);
  });
});

describe('flags', () => {
  test.each([
    [['--repeat', '0'], '--repeat takes a whole number from 1 to 100000, not "0"'],
    [['--repeat', '1.5'], 'not "1.5"'],
    [['--shards', 'two'], '--shards takes a whole number from 1 to 256, not "two"'],
    [['--shards', '257'], 'not "257"'],
    [['--on-malformed', 'retry'], 'takes stop or skip, not "retry"'],
    [['--input', ''], '--input takes a path'],
    [['--repeat', '2', '--input', '-'], 'exclude each other'],
    [['--fast'], "Unknown option '--fast'"],
    [['somewhere'], 'somewhere'],
  ])('%j is refused', (args, complaint) => {
    expect(() => readFlags(args)).toThrow(complaint);
    expect(() => readFlags(args)).toThrow(FlagError);
  });

  test('a wrong one is answered by the usage and exit code 2', async () => {
    const { code, stdout, stderr } = await fly(['--repeat', 'often']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('not "often".\n\nusage: node examples/flights/main.ts');
  });

  test('--help explains them', async () => {
    const { code, stdout, stderr } = await fly(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const flag of ['repeat', 'input', 'on-malformed', 'output', 'shards', 'quiet']) {
      expect(stdout).toContain(`--${flag} `);
    }
  });
});

describe('Ctrl-C', () => {
  test('once: what was taken in is finished, checked and reported', async () => {
    const run = new ExampleRun(MAIN, ['--repeat', '100000']).endInput();
    await run.says(' flights  ');
    run.signal('SIGINT');
    const { code, stdout, stderr } = await run.ended;
    expect(code, stderr).toBe(130);
    expect(stderr).toContain('Ending early');
    expect(stdout).toContain('checked: all');
  });

  test('once, while standard input has nothing to give', async () => {
    const run = new ExampleRun(MAIN, ['--input', '-']).write(`${JSON.stringify(flights[0])}\n`);
    await run.says('1 flights');
    run.signal('SIGINT');
    const { code, stdout, stderr } = await run.ended;
    expect(code, stderr).toBe(130);
    expect(stdout).toContain('1 flights, 3 messages');
  });

  test('twice: it ends at once', async () => {
    const run = new ExampleRun(MAIN, ['--repeat', '100000']).endInput();
    await run.says(' flights  ');
    run.signal('SIGINT');
    await run.says('Ending early');
    run.signal('SIGINT');
    const { code, stderr } = await run.ended;
    expect(code, stderr).toBe(130);
  });
});
