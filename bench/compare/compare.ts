/**
 * `--compare REF`: this working copy (A) against another commit (B), both measured by turns, A B A B, in one session, so
 * that what the machine does in the meantime happens to both. Only our contender is measured, each turn in a process of
 * its own; rivals do not change with our commits. A benchmark that the other commit does not have is named and skipped.
 */
import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Benchmark, isLessBetter, type Measurement, type Progress } from '../harness/benchmark.ts';
import { ROOT, type Version, versionOf } from '../harness/commit.ts';
import type { Interruption } from '../harness/interruption.ts';
import type { Options } from '../harness/options.ts';
import { ProgressLine } from '../harness/progress-line.ts';
import { number, times } from '../harness/report.ts';
import { median } from '../harness/statistics.ts';
import type { SideReport, SideTask } from './side-process.ts';
import { type Comparison, compareRounds } from './verdict.ts';
import { Worktree } from './worktree.ts';

export interface CompareLine extends Comparison {
  readonly bench: string;
  readonly unit: string;
  readonly a: Version;
  readonly b: Version;
  /** Medians. */
  readonly valueA: number;
  readonly valueB: number;
  readonly rounds: number;
}

interface Rounds {
  readonly a: Measurement[];
  readonly b: Measurement[];
}

/** Returns the lines, and what did not come to what it had to. */
export async function compare(
  benchmarks: readonly Benchmark[],
  options: Options,
  ref: string,
  interruption: Interruption,
  say: (text: string) => void,
): Promise<{ lines: CompareLine[]; wrong: string[] }> {
  const worktree = new Worktree(ref, say);
  try {
    const known = await namesIn(worktree.path);
    for (const { name } of benchmarks.filter((benchmark) => !known.has(benchmark.name))) {
      say(`${name}: skipped, ${ref} does not have it`);
    }
    const chosen = benchmarks.filter(({ name }) => known.has(name));
    return await compareAll(chosen, options, worktree, interruption, say);
  } finally {
    worktree.remove();
  }
}

async function compareAll(
  benchmarks: readonly Benchmark[],
  options: Options,
  worktree: Worktree,
  interruption: Interruption,
  say: (text: string) => void,
): Promise<{ lines: CompareLine[]; wrong: string[] }> {
  const versions = { a: versionOf(ROOT), b: { commit: worktree.commit, isDirty: false } };
  const progress = new ProgressLine(benchmarks.length * options.rounds * 2);
  say(`A is ${nameOf(versions.a)}, B is ${nameOf(versions.b)}\n`);
  say(header());
  const lines: CompareLine[] = [];
  const wrong: string[] = [];
  for (const benchmark of benchmarks) {
    const rounds = await takeTurns(benchmark, options, worktree.path, interruption, progress);
    progress.clear();
    wrong.push(...failures(benchmark, rounds));
    if (rounds.b.length === 0) break;
    const line = compareLine(benchmark, versions, rounds);
    lines.push(line);
    say(row(line));
    if (interruption.isInterrupted) break;
  }
  return { lines, wrong };
}

async function takeTurns(
  benchmark: Benchmark,
  options: Options,
  otherRoot: string,
  interruption: Interruption,
  progress: ProgressLine,
): Promise<Rounds> {
  const rounds: Rounds = { a: [], b: [] };
  for (let round = 0; round < options.rounds; round++) {
    for (const [side, root] of [['a', ROOT] as const, ['b', otherRoot] as const]) {
      const turn = `${benchmark.name}, round ${round + 1} of ${options.rounds}, ${side.toUpperCase()}`;
      progress.say(turn);
      const task: SideTask = { root, benchmark: benchmark.name, options };
      const work = measureSide(task, (text) => progress.say(`${turn}: ${text}`));
      const measurement = await interruption.unlessInterrupted(work);
      if (measurement === undefined) return rounds;
      rounds[side].push(measurement);
      progress.turnOver();
    }
  }
  return rounds;
}

function measureSide(task: SideTask, progress: Progress): Promise<Measurement> {
  const child = fork(new URL('./side-process.ts', import.meta.url), [JSON.stringify(task)], {
    cwd: task.root,
    env: { ...process.env, NODE_ENV: 'production' },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  return new Promise((resolve, reject) => {
    let measured: Measurement | undefined;
    child.on('message', (report: SideReport) => {
      if ('progress' in report) progress(report.progress);
      else measured = report.measurement;
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      if (measured !== undefined && code === 0) resolve(measured);
      else reject(new Error(`${task.benchmark} in ${task.root} ended with ${signal ?? `code ${code}`}.`));
    });
  });
}

function compareLine(benchmark: Benchmark, versions: { a: Version; b: Version }, rounds: Rounds): CompareLine {
  const valuesA = rounds.a.slice(0, rounds.b.length).map(({ value }) => value);
  const valuesB = rounds.b.map(({ value }) => value);
  return {
    bench: benchmark.name,
    unit: benchmark.unit,
    ...versions,
    valueA: median(valuesA),
    valueB: median(valuesB),
    rounds: valuesB.length,
    ...compareRounds(valuesA, valuesB, isLessBetter(benchmark.unit)),
  };
}

function failures({ name }: Benchmark, { a, b }: Rounds): string[] {
  return [...a.map((of) => ['A', of] as const), ...b.map((of) => ['B', of] as const)]
    .filter(([, { checksum, expected }]) => checksum !== expected)
    .map(([side, { checksum, expected }]) => `${name}, ${side}: checksum ${checksum}, expected ${expected}`);
}

/** The catalogue is loaded here only for its names; nothing of the other copy runs in this process. */
async function namesIn(root: string): Promise<Set<string>> {
  const file = join(root, 'bench', 'catalogue.ts');
  if (!existsSync(file)) throw new Error('That commit has no bench/catalogue.ts: it is too old to compare with.');
  const { BENCHMARKS } = (await import(pathToFileURL(file).href)) as { BENCHMARKS: readonly Benchmark[] };
  return new Set(BENCHMARKS.map(({ name }) => name));
}

const NAME_WIDTH = 24;
const WIDTH = 14;

function header(): string {
  const cells = ['A', 'B', 'A ÷ B', 'min – max', '', ''];
  return ['benchmark'.padEnd(NAME_WIDTH), ...cells.map((cell) => cell.padStart(WIDTH))].join(' ').trimEnd();
}

function row({ bench, unit, valueA, valueB, ratio, verdict }: CompareLine): string {
  const range = `${times(ratio.min)} – ${times(ratio.max)}`;
  const cells = [number(valueA), number(valueB), times(ratio.median), range].map((cell) => cell.padStart(WIDTH));
  return `${[bench.padEnd(NAME_WIDTH), ...cells].join(' ')}  ${unit.padEnd(WIDTH)} ${verdict}`;
}

function nameOf({ commit, isDirty }: Version): string {
  return `${commit.slice(0, 12)}${isDirty ? ' with uncommitted changes' : ''}`;
}
