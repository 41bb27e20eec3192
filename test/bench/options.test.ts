/**
 * What the command line refuses, where results may go, and which flags a benchmark heeds: a flag that changes nothing is
 * said to, and what is recorded is what was measured.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { BENCHMARKS } from '../../bench/catalogue.ts';
import { figuresOf, limitsOf } from '../../bench/harness/benchmark.ts';
import { Heed, type SizeFlag } from '../../bench/harness/heed.ts';
import { entityCount, parseCommandLine } from '../../bench/harness/options.ts';
import { type Outputs, prepareOutputs } from '../../bench/harness/outputs.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-outputs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each([
  [['--record', '--smoke'], '--record keeps figures, and those of --smoke'],
  [['--record', '--profile', 'x'], '--record keeps figures, and those of --profile'],
  [['--compare', 'HEAD', '--html', 'x'], '--html has no effect'],
  [['--compare', 'HEAD', '--record'], '--record has no effect'],
  [['--compare', 'HEAD', '--hgrm', 'x'], '--hgrm has no effect'],
  [['--compare', 'HEAD', '--history', 'x'], '--history has no effect'],
  [['--compare', 'HEAD', '--profile', 'x'], '--profile has no effect'],
  [['--compare', 'HEAD', '--against', 'x'], '--against has no effect'],
  [['--history', 'x'], '--history has no effect without --record'],
])('%j is refused in a sentence', (args, sentence) => {
  expect(() => parseCommandLine(args)).toThrow(sentence);
});

describe('outputs', () => {
  const none: Outputs = { record: false, historyDirectory: undefined, hgrmDirectory: undefined, htmlFile: undefined };
  const at = (...names: string[]): string => join(folder, ...names);

  test('have their folders before anything is measured', () => {
    const htmlFile = at('a', 'b', 'report.html');
    prepareOutputs({ record: true, historyDirectory: at('history'), hgrmDirectory: at('c', 'hgrm'), htmlFile });
    for (const path of [at('a', 'b'), at('history'), at('c', 'hgrm')]) expect(existsSync(path), path).toBe(true);
    expect(existsSync(htmlFile)).toBe(false);
  });

  test('a history that is only read is not made', () => {
    prepareOutputs({ ...none, historyDirectory: at('unread') });
    expect(existsSync(at('unread'))).toBe(false);
  });

  test('a report is refused where the history that it shows cannot be read', () => {
    mkdirSync(at('broken'));
    writeFileSync(at('broken', 'ask.ndjson'), '{"at":"2026"}\n<<<<<<<\n');
    const outputs: Outputs = { ...none, htmlFile: at('report.html'), historyDirectory: at('broken') };
    expect(() => prepareOutputs(outputs)).toThrow(
      /^--html shows the history in .*: line 2 of .*ask\.ndjson is no JSON/,
    );
  });

  test('are refused where nothing can be written', () => {
    writeFileSync(at('file'), '');
    mkdirSync(at('folder.html'));
    expect(() => prepareOutputs({ ...none, htmlFile: at('file', 'report.html') })).toThrow(/^--html is /);
    expect(() => prepareOutputs({ ...none, htmlFile: at('folder.html') })).toThrow('it is a folder');
    expect(() => prepareOutputs({ ...none, hgrmDirectory: at('file') })).toThrow(/^--hgrm is /);
    expect(() => prepareOutputs({ ...none, historyDirectory: at('file') })).toThrow(/^--history is /);
  });
});

describe('what a benchmark heeds', () => {
  const heedOf = (...args: string[]): Heed => new Heed(parseCommandLine(args).options);

  test('is what it has read; the rest is told, and is no part of what is recorded', () => {
    const heed = heedOf('--bytes', '9', '--entities', '7', '--inflight', '3', '--rounds', '4');
    const { seconds, shards, inflight } = heed.options;
    expect([seconds, shards, inflight]).toEqual([2, 2, 3]);
    expect(heed.unheeded(['bytes', 'entities', 'inflight'])).toEqual(['bytes', 'entities']);
    expect(heed.settings).toEqual({ seconds: 2, rounds: 4, shards: 2, inflight: 3 });
  });

  test.each([
    [[], 1_000_000],
    [['--entities', '100000'], 100_000],
    [['--smoke'], 50],
  ])('with %j, is recorded with as many entities as it had, %d', (args, count) => {
    const heed = heedOf(...args);
    expect(entityCount(heed.options, 1_000_000, 50)).toBe(count);
    expect(heed.settings.entities).toBe(count);
    expect(heed.unheeded(['entities'])).toEqual([]);
  });

  test('is not hidden by a copy of all options', () => {
    expect(() => ({ ...heedOf().options })).toThrow('read one by one');
  });

  test('flags that were given are known', () => {
    const { sizesGiven } = parseCommandLine(['--bytes', '1', '--shards', '3', '--seconds', '1']);
    expect(sizesGiven).toEqual(['shards', 'bytes']);
  });

  /** Without the interval, which some read only when they are measured. */
  test.each<[name: string, unheeded: SizeFlag[], entities: number | undefined]>([
    ['all-to-all', [], 100_000],
    ['pipeline', [], 1_000],
    ['fan-out', [], 1_000],
    ['big-state', [], 10_000_000],
    ['restart', [], 1_000_000],
    ['dead-letters', ['inflight', 'bytes'], 300_000],
    ['ping-pong', ['entities', 'inflight'], undefined],
    ['commit-alone', ['inflight'], 100],
    ['async-wait', ['inflight'], 10_000],
    ['delayed', ['inflight'], 10_000],
    ['cut-stall', [], 1_000_000],
    ['hot-address', ['inflight'], 1_000],
    ['receipts', ['inflight'], 1_000],
    ['store-batch', ['shards', 'inflight', 'bytes'], 100_000],
    ['key-hash', ['shards', 'entities', 'inflight', 'bytes'], undefined],
    ['timer-queue', ['shards', 'inflight', 'bytes'], 100_000],
  ])('%s', (name, unheeded, entities) => {
    const heed = heedOf();
    BENCHMARKS.find((benchmark) => benchmark.name === name)?.contenders(heed.options);
    expect(heed.unheeded(['shards', 'entities', 'inflight', 'bytes'])).toEqual(unheeded);
    expect(heed.settings.entities).toBe(entities);
  });
});

test('what is required of an interval of a second is not what is required of a tenth', () => {
  const required = (name: string, ...args: string[]): (number | undefined)[] => {
    const benchmark = BENCHMARKS.find((one) => one.name === name);
    if (benchmark === undefined) throw new Error(`no ${name}`);
    const { options } = parseCommandLine(args);
    return [...limitsOf(benchmark, options).map(({ atMost }) => atMost), figuresOf(benchmark, options).length];
  };
  const aSecond = ['--interval', '1000'];
  expect(required('all-to-all, open loop')).toEqual([105_000, 150_000, 0]);
  expect(required('all-to-all, open loop', ...aSecond)).toEqual([1_005_000, 1_050_000, 0]);
  expect(required('send-committed')).toEqual([5_000, 20_000, 0]);
  expect(required('send-committed', ...aSecond)).toEqual([1_005_000, 1_020_000, 0]);
  expect([required('all-to-all'), required('all-to-all', ...aSecond)]).toEqual([[5], [0]]);
  expect([required('ask-committed'), required('ask-committed', ...aSecond)]).toEqual([[4], [0]]);
  expect([required('restart'), required('restart', '--entities', '2000000')]).toEqual([[1_000, 1], [1]]);
});
