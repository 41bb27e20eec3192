/**
 * What the report shows, as plain data: once for its tables, once as JSON for the script that draws the plots. Nothing is
 * computed in the browser that a reader could not find in a table.
 */
import { isLessBetter, OURS } from '../harness/benchmark.ts';
import type { Version } from '../harness/commit.ts';
import { type CurvePoint, mergeDistributions, type PercentileName } from '../harness/distributions.ts';
import { fileNameOf, type HistoryLine } from '../harness/history.ts';
import type { Options } from '../harness/options.ts';
import { requirementLines, verdict } from '../harness/report.ts';
import type { BenchmarkRun, Standing } from '../harness/rounds.ts';
import { median, ratios, type Spread, spread } from '../harness/statistics.ts';

export interface ReportRow {
  readonly contender: string;
  readonly value: Spread;
  /** Absent for ours. */
  readonly ratio?: Spread;
  readonly required: string;
  /** `reached`, `missed`, or empty where nothing is required. */
  readonly verdict: string;
  /** Medians. */
  readonly named: Readonly<Record<string, number>>;
}

export interface ReportDistribution {
  readonly contender: string;
  readonly name: string;
  readonly count: number;
  readonly percentiles: Readonly<Record<PercentileName, number>>;
  readonly curve: readonly CurvePoint[];
  readonly offeredPerSecond?: number;
  readonly achievedPerSecond?: number;
}

export interface HistoryPoint {
  readonly at: string;
  readonly commit: string;
  readonly isDirty: boolean;
  readonly value: Spread;
}

export interface ReportHistory {
  readonly contender: string;
  readonly points: readonly HistoryPoint[];
}

export interface ReportBenchmark {
  readonly id: string;
  readonly name: string;
  readonly about: string;
  readonly unit: string;
  readonly isLessBetter: boolean;
  readonly rounds: number;
  readonly rows: readonly ReportRow[];
  /** Sentences about what is required besides the ratios of the rows; each ends with `reached` or `missed`. */
  readonly limits: readonly string[];
  /** Rivals that could not run. */
  readonly skipped: readonly string[];
  readonly distributions: readonly ReportDistribution[];
  readonly history: readonly ReportHistory[];
}

export interface ReportData {
  /** ISO 8601. */
  readonly at: string;
  readonly machine: string;
  readonly warnings: readonly string[];
  readonly version: Version;
  readonly benchmarks: readonly ReportBenchmark[];
}

export interface ReportSources {
  readonly runs: readonly BenchmarkRun[];
  readonly options: Options;
  readonly history: readonly HistoryLine[];
  readonly machine: string;
  readonly warnings: readonly string[];
  readonly version: Version;
  readonly at: Date;
}

export function reportData({ runs, options, history, machine, warnings, version, at }: ReportSources): ReportData {
  const benchmarks = runs.map((run) => benchmarkData(run, options, history));
  return { at: at.toISOString(), machine, warnings, version, benchmarks };
}

function benchmarkData(run: BenchmarkRun, options: Options, history: readonly HistoryLine[]): ReportBenchmark {
  const { benchmark, standings } = run;
  return {
    id: fileNameOf(benchmark.name),
    name: benchmark.name,
    about: benchmark.describe(options),
    unit: benchmark.unit,
    isLessBetter: isLessBetter(benchmark.unit),
    rounds: standings[0].measurements.length,
    rows: standings.map((standing) => rowOf(run, standing)),
    limits: requirementLines(run).map((line) => line.trim().replace(/^required: /, '')),
    skipped: run.skipped ?? [],
    distributions: standings.flatMap(({ contender, measurements }) =>
      mergeDistributions(measurements).map((distribution) => ({ contender, ...distribution, text: undefined })),
    ),
    history: historyOf(history.filter(({ bench }) => bench === benchmark.name)),
  };
}

function rowOf({ figures, standings }: BenchmarkRun, { contender, measurements }: Standing): ReportRow {
  const values = measurements.map(({ value }) => value);
  const names = Object.keys(measurements[0].named ?? {});
  const named = Object.fromEntries(
    names.map((name) => [name, median(measurements.map((round) => round.named?.[name] ?? Number.NaN))]),
  );
  const row = { contender, value: spread(values), named };
  if (contender === OURS) return { ...row, required: '', verdict: '' };
  const ours = standings[0].measurements.map(({ value }) => value);
  const ratio = ratios(ours, values);
  const figure = figures.find(({ rival, of }) => rival === contender && of === undefined);
  const [required, reached] = verdict(figure, ratio);
  return { ...row, ratio, required, verdict: reached };
}

/** Only what can be compared with the newest line: the same machine, Node and settings. */
function historyOf(lines: readonly HistoryLine[]): ReportHistory[] {
  const newest = lines.at(-1);
  if (newest === undefined) return [];
  const comparable = lines.filter(
    ({ machine, settings, unit }) =>
      unit === newest.unit &&
      JSON.stringify(machine) === JSON.stringify(newest.machine) &&
      JSON.stringify(settings) === JSON.stringify(newest.settings),
  );
  const contenders = [...new Set(comparable.map(({ rival }) => rival))];
  return contenders.map((contender) => ({
    contender,
    points: comparable
      .filter(({ rival }) => rival === contender)
      .map(({ at, commit, isDirty, spread: value }) => ({ at, commit, isDirty, value })),
  }));
}
