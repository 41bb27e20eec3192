/**
 * Results over time: what is recorded, what two commits' rounds are called, and a run that is interrupted.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { compareRounds, medianInterval } from '../../bench/compare/verdict.ts';
import type { CompareLine } from '../../bench/compare/compare.ts';
import { isLessBetter } from '../../bench/harness/benchmark.ts';
import { versionOf } from '../../bench/harness/commit.ts';
import { fileNameOf, readHistory } from '../../bench/harness/history.ts';
import { duration } from '../../bench/harness/progress-line.ts';
import { ROOT, runTool } from '../tool.ts';

const MAIN = join(ROOT, 'bench', 'main.ts');
const QUICK = ['--seconds', '0.02', '--only', 'key-hash', '--against', 'crc32'];
const folder = mkdtempSync(join(tmpdir(), 'millrace-history-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('recorded results say where they come from, and are appended', async () => {
  const args = [MAIN, ...QUICK, '--rounds', '2', '--record', '--history', folder];
  for (let run = 0; run < 2; run++) {
    const { code, stderr, stdout } = await runTool(process.execPath, args);
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('recorded in ');
  }
  expect(readdirSync(folder)).toEqual(['key-hash.ndjson']);
  const lines = readHistory(folder);
  expect(lines.map(({ rival }) => rival)).toEqual(['millrace', 'zlib.crc32', 'millrace', 'zlib.crc32']);
  const { commit, isDirty } = versionOf(ROOT);
  for (const line of lines) {
    expect(line).toMatchObject({ bench: 'key-hash', unit: 'ops/s', commit, isDirty, isLessBetter: false });
    expect(line.machine).toMatchObject({ node: process.version, platform: `${process.platform} ${process.arch}` });
    // It has neither shards nor entities.
    expect(line.settings).toEqual({ seconds: 0.02, rounds: 2 });
    expect(line.spread.min).toBeLessThanOrEqual(line.value);
    expect(line.spread.max).toBeGreaterThanOrEqual(line.value);
  }
  expect(lines[0]).not.toHaveProperty('ratio');
  expect(lines[1].ratio?.median).toBeGreaterThan(0);
});

test('figures of the smoke size are not recorded', async () => {
  const { code, stderr } = await runTool(process.execPath, [MAIN, '--smoke', '--record']);
  expect(code).toBe(2);
  expect(stderr).toContain('--record keeps figures');
});

test('names of benchmarks become names of files', () => {
  expect(fileNameOf('all-to-all, durable')).toBe('all-to-all-durable');
  expect(fileNameOf('entity-record, an object')).toBe('entity-record-an-object');
});

describe('verdicts', () => {
  test.each([
    [[1, 1, 1, 1], undefined],
    [
      [5, 1, 4, 2, 3],
      [1, 5],
    ],
    // With seven rounds the second from either end will not do (87.5 %); with eight it will (93 %).
    [
      [1, 2, 3, 4, 5, 6, 7],
      [1, 7],
    ],
    [
      [1, 2, 3, 4, 5, 6, 7, 8],
      [2, 7],
    ],
  ])('of %j the median lies in %j', (values, interval) => {
    expect(medianInterval(values)).toEqual(interval);
  });

  const even = [100, 100, 100, 100, 100];
  test.each([
    ['faster', [120, 125, 110, 130, 121], false],
    ['slower', [120, 125, 110, 130, 121], true],
    ['slower', [80, 85, 90, 70, 79], false],
    ['faster', [80, 85, 90, 70, 79], true],
    ['the same', [100, 101, 99, 100, 100], false],
    ['unclear', [120, 80, 110, 130, 121], false],
    ['too few rounds', [200, 200], false],
  ] as const)('%s: %j against 100 each, less is better: %j', (verdict, values, isLess) => {
    expect(compareRounds(values, even.slice(0, values.length), isLess).verdict).toBe(verdict);
  });

  test('rates are better when high, times, bytes and shares when low', () => {
    expect(['messages/s', 'ops/s'].map(isLessBetter)).toEqual([false, false]);
    expect(['µs', 'ms', 'µs round trip', 'bytes an entity'].map(isLessBetter)).toEqual([true, true, true, true]);
  });
});

describe('two commits in one session', () => {
  const canCompare = versionOf(ROOT).commit !== 'unknown';

  test.skipIf(!canCompare)('are measured by turns, and leave no working copy behind', async () => {
    const args = [MAIN, '--seconds', '0.01', '--rounds', '1', '--only', 'key-hash', '--json', '--compare', 'HEAD'];
    const { code, stdout, stderr } = await runTool(process.execPath, args);
    expect(code, stderr).toBe(0);
    const line = JSON.parse(stdout) as CompareLine;
    const { commit } = versionOf(ROOT);
    expect(line).toMatchObject({ bench: 'key-hash', unit: 'ops/s', rounds: 1, verdict: 'too few rounds' });
    expect(line.a.commit).toBe(commit);
    expect(line.b).toEqual({ commit, isDirty: false });
    expect(line.valueA / line.valueB).toBeCloseTo(line.ratio.median, 6);
    const { stdout: worktrees } = await runTool('git', ['worktree', 'list']);
    expect(worktrees).not.toContain(join(ROOT, '.cache'));
  });

  test.skipIf(!canCompare)('go on after a benchmark that throws, say what was in vain, and exit with 1', async () => {
    // Where a file is in the place of the temporary folder, nobody can have a data directory.
    const chosen = ['--only', 'commit-alone', '--only', 'key-hash', '--bytes', '8', '--compare', 'HEAD'];
    const args = [MAIN, '--seconds', '0.01', '--rounds', '1', '--json', ...chosen];
    const { code, stdout, stderr } = await runTool(process.execPath, args, { env: { TMPDIR: MAIN } });
    expect(code, stderr).toBe(1);
    expect(stderr).toMatch(/^FAILED: commit-alone: /m);
    expect(stderr.match(/^--bytes has no effect on key-hash\.$/gm)).toHaveLength(1);
    expect(JSON.parse(stdout)).toMatchObject({ bench: 'key-hash' });
  });

  test.skipIf(!canCompare)('must exist', async () => {
    const { code, stderr } = await runTool(process.execPath, [MAIN, '--smoke', '--compare', 'no-such-commit']);
    expect(code).toBe(2);
    expect(stderr).toContain('--compare is "no-such-commit"; git knows no such commit.');
  });
});

/** Starts a run and presses Ctrl-C so long after its first line, somewhere within a turn. Returns what it printed. */
async function interrupted(afterMs: number, htmlFile: string): Promise<string> {
  const chosen = ['--only', 'key-hash', '--against', 'crc32', '--html', htmlFile];
  const args = [MAIN, '--seconds', '0.3', '--rounds', '1000', ...chosen];
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    if (text.includes('key-hash:')) setTimeout(() => child.kill('SIGINT'), afterMs);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  expect(code, stderr).toBe(130);
  expect(stderr).toContain('Interrupted: what is shown is what there was.');
  return stdout;
}

test('Ctrl-C ends a run, with the table and a report of what was measured', async () => {
  const htmlFile = join(folder, 'interrupted', 'report.html');
  let stdout = '';
  // Longer and longer, until a turn was over.
  for (let afterMs = 2_000; !stdout.includes('  millrace '); afterMs *= 2) {
    stdout = await interrupted(afterMs, htmlFile);
  }
  expect(stdout).toMatch(/^ {2}millrace +[\d,.]+ +[\d,.]+ – [\d,.]+$/m);
  expect(readFileSync(htmlFile, 'utf8')).toContain('Interrupted: what is shown is what there was.');
});

test('times are told as coarsely as anybody needs', () => {
  expect([0, 50_000, 240_000, 4_200_000, 6_000_000].map(duration)).toEqual([
    '0 s',
    '50 s',
    '4 min',
    '70 min',
    '1 h 40 min',
  ]);
});
