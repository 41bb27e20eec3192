/**
 * What people and programs read: a table per benchmark, and one line of JSON per result. The JSON carries medians; the
 * table also carries the spread, the ratios and what is required of them.
 */
import { type Figure, type Limit, type Measurement, OURS, type Percentiles } from './benchmark.ts';
import { type MergedDistribution, mergeDistributions, type PercentileName, PERCENTILE_NAMES } from './distributions.ts';
import { type BenchmarkRun, reasonOf, type Standing } from './rounds.ts';
import { median, ratios, type Spread, spread } from './statistics.ts';

const PERCENTILES: ReadonlySet<string> = new Set<keyof Percentiles>(['p50', 'p99', 'p999']);

export interface ResultLine {
  readonly bench: string;
  readonly rival: string;
  readonly unit: string;
  readonly value: number;
  readonly p50: number | null;
  readonly p99: number | null;
  readonly p999: number | null;
  readonly checksum: string;
  /** Medians of the named values; absent where there are none. */
  readonly named?: Readonly<Record<string, number>>;
  /** Of all rounds together; absent where none were measured. */
  readonly distributions?: readonly DistributionLine[];
}

export type DistributionLine = Omit<MergedDistribution, 'curve' | 'text'>;

export function resultLines({ benchmark, standings }: BenchmarkRun): ResultLine[] {
  return standings.map(({ contender, measurements }) => ({
    bench: benchmark.name,
    rival: contender,
    unit: benchmark.unit,
    value: median(measurements.map(({ value }) => value)),
    ...(percentilesOf(measurements.map(({ percentiles }) => percentiles)) ?? { p50: null, p99: null, p999: null }),
    checksum: measurements.at(-1)?.checksum ?? '',
    ...namedOf(measurements),
    ...distributionsOf(measurements),
  }));
}

function namedOf(measurements: readonly Measurement[]): Pick<ResultLine, 'named'> {
  const names = namesOf(measurements);
  if (names.length === 0) return {};
  const medians = names.map((name) => [name, median(valuesOf(measurements, name))] as const);
  return { named: Object.fromEntries(medians) };
}

function distributionsOf(measurements: readonly Measurement[]): Pick<ResultLine, 'distributions'> {
  const merged = mergeDistributions(measurements);
  if (merged.length === 0) return {};
  return { distributions: merged.map((whole) => lineOf(whole)) };
}

/** Without the curve and the text, which are too long for a line. */
function lineOf(whole: MergedDistribution): DistributionLine {
  const { name, count, percentiles, offeredPerSecond, achievedPerSecond } = whole;
  return {
    name,
    count,
    percentiles,
    ...(offeredPerSecond === undefined ? {} : { offeredPerSecond }),
    ...(achievedPerSecond === undefined ? {} : { achievedPerSecond }),
  };
}

function namesOf(measurements: readonly Measurement[]): string[] {
  return Object.keys(measurements[0]?.named ?? {});
}

/** Round by round, what goes by this name: a named value, a percentile, or the value itself. */
function valuesOf(measurements: readonly Measurement[], name: string): number[] {
  return measurements.map(({ value, percentiles, named }) => {
    const known: Readonly<Record<string, number>> = { value, ...percentiles, ...named };
    return known[name] ?? Number.NaN;
  });
}

/** Medians over the rounds; undefined where none were measured. */
function percentilesOf(rounds: readonly (Percentiles | undefined)[]): Percentiles | undefined {
  const known = rounds.filter((percentiles) => percentiles !== undefined);
  if (known.length === 0) return undefined;
  return {
    p50: median(known.map(({ p50 }) => p50)),
    p99: median(known.map(({ p99 }) => p99)),
    p999: median(known.map(({ p999 }) => p999)),
  };
}

export function table(run: BenchmarkRun): string {
  const { benchmark, standings, skipped = [], failures = [] } = run;
  const header = ['', benchmark.unit, 'min – max', `${OURS} ÷ it`, 'min – max', 'required', ''];
  const body = standings.map((standing) => row(run, standing));
  const rows = [header, ...body];
  const used = header.map((_, column) => column).filter((column) => body.some((cells) => cells[column] !== ''));
  const widths = new Map(used.map((column) => [column, Math.max(...rows.map((cells) => cells[column].length))]));
  return rows
    .map((cells) => used.map((column) => pad(cells[column], widths.get(column) ?? 0, column)).join('  '))
    .map((line) => `  ${line.trimEnd()}`)
    .concat(percentileLines(standings), distributionLines(standings), namedLines(standings), requirementLines(run))
    .concat(skipped.map((reason) => `  skipped: ${reason}`))
    .concat(failures.map(({ contender, error }) => `  failed: ${contender}: ${reasonOf(error)}`))
    .join('\n');
}

/** Names to the left, numbers to the right. */
function pad(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}

function row({ figures, standings }: BenchmarkRun, { contender, measurements }: Standing): string[] {
  const value = spread(measurements.map((measurement) => measurement.value));
  const own = [contender, number(value.median), `${number(value.min)} – ${number(value.max)}`];
  if (contender === OURS) return [...own, '', '', '', ''];
  const ratio = ratios(
    standings[0].measurements.map((measurement) => measurement.value),
    measurements.map((measurement) => measurement.value),
  );
  const figure = figures.find(({ rival, of }) => rival === contender && of === undefined);
  return [...own, times(ratio.median), `${times(ratio.min)} – ${times(ratio.max)}`, ...verdict(figure, ratio)];
}

/** What is required of a ratio, and whether it is reached; both empty where nothing is. */
export function verdict(figure: Figure | undefined, ratio: Spread): [string, string] {
  if (figure === undefined) return ['', ''];
  const { atLeast, atMost } = figure;
  // To three digits: a third is 0.333.
  const bound = Number((atLeast ?? atMost)?.toPrecision(3));
  return [`${atLeast === undefined ? '≤' : '≥'} ${bound}`, reached(figure, [ratio.median])];
}

function percentileLines(standings: readonly Standing[]): string[] {
  return standings.flatMap(({ contender, measurements }) => {
    const known = percentilesOf(measurements.map(({ percentiles }) => percentiles));
    if (known === undefined) return [];
    const { p50, p99, p999 } = known;
    return [`  ${contender}: p50 ${number(p50)} µs, p99 ${number(p99)} µs, p99.9 ${number(p999)} µs`];
  });
}

/** Where there is more to tell of a distribution than the three percentiles of the line above. */
function distributionLines(standings: readonly Standing[]): string[] {
  return standings.flatMap(({ contender, measurements }) =>
    mergeDistributions(measurements)
      .filter(({ offeredPerSecond }) => offeredPerSecond !== undefined)
      .map(({ name, percentiles, offeredPerSecond = 0, achievedPerSecond = 0 }) => {
        const cells = PERCENTILE_NAMES.map((of: PercentileName) => `${of} ${number(percentiles[of])}`);
        const rates = `${number(offeredPerSecond)}/s asked, ${number(achievedPerSecond)}/s came`;
        return `  ${contender} ${name}: ${cells.join(', ')} µs; ${rates}`;
      }),
  );
}

function namedLines(standings: readonly Standing[]): string[] {
  return standings.flatMap(({ contender, measurements }) =>
    namesOf(measurements).map((name) => {
      const { median: middle, min, max } = spread(valuesOf(measurements, name));
      return `  ${contender}: ${name}: ${number(middle)} (${number(min)} – ${number(max)})`;
    }),
  );
}

/** What is required besides the ratios of the values, and whether it is reached. */
export function requirementLines(run: BenchmarkRun): string[] {
  return [...figureLines(run), ...limitLines(run)];
}

/** Of ratios that are not those of the table. */
function figureLines({ benchmark, figures, standings }: BenchmarkRun): string[] {
  return figures.flatMap((figure) => {
    const { rival, of } = figure;
    const standing = standings.find(({ contender }) => contender === rival);
    if (of === undefined || standing === undefined) return [];
    const ratio = ratios(valuesOf(standings[0].measurements, of), valuesOf(standing.measurements, of));
    const [required, seen] = verdict(figure, ratio);
    const values = `${times(ratio.median)} (${times(ratio.min)} – ${times(ratio.max)})`;
    return [`  required: ${nameOf(of, benchmark.unit)}, ${required} × that of ${rival}: ${values}, ${seen}`];
  });
}

/** What is required of ours alone, and whether it is reached. */
function limitLines({ benchmark, limits, standings }: BenchmarkRun): string[] {
  const { measurements } = standings[0];
  return limits.map((limit) => {
    const values = valuesOf(measurements, limit.of);
    const judged = limit.over === 'every round' ? values : [median(values)];
    const bound = limit.atLeast === undefined ? `≤ ${number(limit.atMost ?? 0)}` : `≥ ${number(limit.atLeast)}`;
    const where = limit.over === 'every round' ? ' in every round' : '';
    const { min, max } = spread(values);
    const seen = `${number(median(values))} (${number(min)} – ${number(max)})`;
    return `  required: ${nameOf(limit.of, benchmark.unit)} ${bound}${where}: ${seen}, ${reached(limit, judged)}`;
  });
}

function nameOf(of: string, unit: string): string {
  if (of === 'value') return unit;
  return PERCENTILES.has(of) ? `${of}, µs` : of;
}

function reached({ atLeast, atMost }: Pick<Limit, 'atLeast' | 'atMost'>, values: readonly number[]): string {
  const within = (value: number): boolean =>
    value >= (atLeast ?? Number.NEGATIVE_INFINITY) && value <= (atMost ?? Number.POSITIVE_INFINITY);
  return values.every(within) ? 'reached' : 'missed';
}

/** Four significant digits are more than any of this deserves. */
export function number(value: number): string {
  if (Number.isNaN(value)) return 'not measured';
  const digits = value === 0 ? 0 : Math.max(0, 3 - Math.floor(Math.log10(Math.abs(value))));
  const rounded = Number(value.toPrecision(4));
  return rounded.toLocaleString('en-US', { minimumFractionDigits: Math.min(digits, 3), maximumFractionDigits: 3 });
}

/** A ratio. */
export function times(ratio: number): string {
  return ratio >= 10 ? ratio.toFixed(1) : ratio.toFixed(2);
}
