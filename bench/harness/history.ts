/**
 * Results that are kept: `bench/history/<benchmark>.ndjson`, one line of JSON for each contender of each recorded run,
 * appended and never rewritten. A line says on which commit, machine and Node it was measured and with which settings,
 * since it can be compared with no line for which these differ.
 */
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { isLessBetter, OURS } from './benchmark.ts';
import { ROOT, type Version } from './commit.ts';
import type { Settings } from './heed.ts';
import { type ResultLine, resultLines } from './report.ts';
import type { BenchmarkRun } from './rounds.ts';
import { ratios, type Spread, spread } from './statistics.ts';

export const HISTORY_DIRECTORY: string = join(ROOT, 'bench', 'history');
const ENDING = '.ndjson';

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly platform: string;
  readonly node: string;
}

export interface HistoryLine extends ResultLine {
  /** ISO 8601, when it was appended. */
  readonly at: string;
  readonly commit: string;
  readonly isDirty: boolean;
  readonly machine: Machine;
  readonly settings: Settings;
  /** Of the value, over the rounds. */
  readonly spread: Spread;
  /** How many times the rival's value ours was, round by round; absent in the line of ours. */
  readonly ratio?: Spread;
  readonly isLessBetter: boolean;
}

export function thisMachine(): Machine {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown processor',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
  };
}

export function historyLines(run: BenchmarkRun, settings: Settings, version: Version, at: Date): HistoryLine[] {
  const ours = run.standings[0]?.measurements.map(({ value }) => value) ?? [];
  return resultLines(run).map((line, index) => {
    const values = run.standings[index].measurements.map(({ value }) => value);
    return {
      ...line,
      at: at.toISOString(),
      ...version,
      machine: thisMachine(),
      settings,
      spread: spread(values),
      ...(line.rival === OURS ? {} : { ratio: ratios(ours, values) }),
      isLessBetter: isLessBetter(line.unit),
    };
  });
}

/** Returns the file's path. */
export function appendHistory(directory: string, benchmark: string, lines: readonly HistoryLine[]): string {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, `${fileNameOf(benchmark)}${ENDING}`);
  appendFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return path;
}

/** All lines of all benchmarks, oldest first; none where nothing was recorded. */
export function readHistory(directory: string): HistoryLine[] {
  if (!existsSync(directory)) return [];
  const files = readdirSync(directory).filter((name) => name.endsWith(ENDING));
  return files.flatMap((name) => readLines(join(directory, name))).toSorted((a, b) => a.at.localeCompare(b.at));
}

/** Throws an `Error` that names the line which is none. */
function readLines(path: string): HistoryLine[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.flatMap((line, index) => {
    if (line === '') return [];
    try {
      return [JSON.parse(line) as HistoryLine];
    } catch {
      throw new Error(`line ${index + 1} of ${path} is no JSON.`);
    }
  });
}

/** `all-to-all, durable` → `all-to-all-durable`. */
export function fileNameOf(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
}
