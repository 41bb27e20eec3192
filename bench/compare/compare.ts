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
import type { SizeFlag } from '../harness/heed.ts';
import type { Interruption } from '../harness/interruption.ts';
import type { Options } from '../harness/options.ts';
import { ProgressLine } from '../harness/progress-line.ts';
import { reasonOf } from '../harness/rounds.ts';
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

export interface Compared {
  readonly lines: CompareLine[];
  /** What did not come to what it had to. */
  readonly wrong: string[];
  /** Which benchmarks could not be measured, and why. */
  readonly failed: string[];
}

/** What all turns have in common. */
interface Session {
  readonly options: Options;
  readonly sizesGiven: readonly SizeFlag[];
  readonly interruption: Interruption;
  readonly progress: ProgressLine;
}

export async function compare(
  benchmarks: readonly Benchmark[],
  { options, sizesGiven }: Pick<Session, 'options' | 'sizesGiven'>,
  ref: string,
  interruption: Interruption,
  say: (text: string) => void,
): Promise<Compared> {
  const worktree = new Worktree(ref, say);
  try {
    const known = await namesIn(worktree.path);
    for (const { name } of benchmarks.filter((benchmark) => !known.has(benchmark.name))) {
      say(`${name}: skipped, ${ref} does not have it`);
    }
    const chosen = benchmarks.filter(({ name }) => known.has(name));
    const progress = new ProgressLine(chosen.length * options.rounds * 2);
    return await compareAll(chosen, { options, sizesGiven, interruption, progress }, worktree, say);
  } finally {
    worktree.remove();
  }
}

async function compareAll(
  benchmarks: readonly Benchmark[],
  session: Session,
  worktree: Worktree,
  say: (text: string) => void,
): Promise<Compared> {
  const versions = { a: versionOf(ROOT), b: { commit: worktree.commit, isDirty: false } };
  say(`A is ${nameOf(versions.a)}, B is ${nameOf(versions.b)}\n`);
  say(header());
  const compared: Compared = { lines: [], wrong: [], failed: [] };
  for (const benchmark of benchmarks) {
    const rounds: Rounds = { a: [], b: [] };
    const reason = await takeTurns(benchmark, session, worktree.path, rounds);
    session.progress.clear();
    compared.wrong.push(...wrongSums(benchmark, rounds));
    if (reason !== undefined) {
      compared.failed.push(`${benchmark.name}: ${reason}`);
      say(`${benchmark.name}: failed, ${reason}`);
    } else if (rounds.b.length > 0) {
      const line = compareLine(benchmark, versions, rounds);
      compared.lines.push(line);
      say(row(line));
    }
    if (session.interruption.isInterrupted) break;
  }
  return compared;
}

/** Returns why it could not go on, if it could not. */
async function takeTurns(
  benchmark: Benchmark,
  { options, sizesGiven, interruption, progress }: Session,
  otherRoot: string,
  rounds: Rounds,
): Promise<string | undefined> {
  for (let round = 0; round < options.rounds; round++) {
    for (const [side, root] of [['a', ROOT] as const, ['b', otherRoot] as const]) {
      const turn = `${benchmark.name}, round ${round + 1} of ${options.rounds}, ${side.toUpperCase()}`;
      progress.say(turn);
      const isFirst = round === 0 && side === 'a';
      const task: SideTask = { root, benchmark: benchmark.name, options, sizesGiven: isFirst ? sizesGiven : [] };
      const work = measureSide(task, (text) => progress.say(`${turn}: ${text}`));
      try {
        const measurement = await interruption.unlessInterrupted(work);
        if (measurement === undefined) return undefined;
        rounds[side].push(measurement);
      } catch (error) {
        return interruption.isInterrupted ? undefined : reasonOf(error);
      }
      progress.turnOver();
    }
  }
  return undefined;
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

function wrongSums({ name }: Benchmark, { a, b }: Rounds): string[] {
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
