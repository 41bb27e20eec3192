/**
 * What people and programs read: a table per benchmark, and one line of JSON per result. The JSON carries medians; the
 * table also carries the spread, the ratios and what is required of them.
 */
import { type Figure, OURS, type Percentiles } from './benchmark.ts';
import type { BenchmarkRun, Standing } from './rounds.ts';
import { median, ratios, type Spread, spread } from './statistics.ts';

export interface ResultLine {
  readonly bench: string;
  readonly rival: string;
  readonly unit: string;
  readonly value: number;
  readonly p50: number | null;
  readonly p99: number | null;
  readonly p999: number | null;
  readonly checksum: string;
}

export function resultLines({ benchmark, standings }: BenchmarkRun): ResultLine[] {
  return standings.map(({ contender, measurements }) => ({
    bench: benchmark.name,
    rival: contender,
    unit: benchmark.unit,
    value: median(measurements.map(({ value }) => value)),
    ...(percentilesOf(measurements.map(({ percentiles }) => percentiles)) ?? { p50: null, p99: null, p999: null }),
    checksum: measurements.at(-1)?.checksum ?? '',
  }));
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
  const { benchmark, standings } = run;
  const header = ['', benchmark.unit, 'min – max', `${OURS} ÷ it`, 'min – max', 'required', ''];
  const body = standings.map((standing) => row(run, standing));
  const rows = [header, ...body];
  const used = header.map((_, column) => column).filter((column) => body.some((cells) => cells[column] !== ''));
  const widths = new Map(used.map((column) => [column, Math.max(...rows.map((cells) => cells[column].length))]));
  return rows
    .map((cells) => used.map((column) => pad(cells[column], widths.get(column) ?? 0, column)).join('  '))
    .map((line) => `  ${line.trimEnd()}`)
    .concat(percentileLines(standings))
    .join('\n');
}

/** Names to the left, numbers to the right. */
function pad(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}

function row({ benchmark, standings }: BenchmarkRun, { contender, measurements }: Standing): string[] {
  const value = spread(measurements.map((measurement) => measurement.value));
  const own = [contender, number(value.median), `${number(value.min)} – ${number(value.max)}`];
  if (contender === OURS) return [...own, '', '', '', ''];
  const ratio = ratios(
    standings[0].measurements.map((measurement) => measurement.value),
    measurements.map((measurement) => measurement.value),
  );
  const figure = benchmark.figures.find(({ rival }) => rival === contender);
  return [...own, times(ratio.median), `${times(ratio.min)} – ${times(ratio.max)}`, ...verdict(figure, ratio)];
}

function verdict(figure: Figure | undefined, ratio: Spread): [string, string] {
  if (figure === undefined) return ['', ''];
  const { atLeast, atMost } = figure;
  const reached = ratio.median >= (atLeast ?? 0) && ratio.median <= (atMost ?? Number.POSITIVE_INFINITY);
  return [atLeast === undefined ? `≤ ${atMost}` : `≥ ${atLeast}`, reached ? 'reached' : 'missed'];
}

function percentileLines(standings: readonly Standing[]): string[] {
  return standings.flatMap(({ contender, measurements }) => {
    const known = percentilesOf(measurements.map(({ percentiles }) => percentiles));
    if (known === undefined) return [];
    const { p50, p99, p999 } = known;
    return [`  ${contender}: p50 ${number(p50)} µs, p99 ${number(p99)} µs, p99.9 ${number(p999)} µs`];
  });
}

/** Four significant digits are more than any of this deserves. */
function number(value: number): string {
  const digits = value === 0 ? 0 : Math.max(0, 3 - Math.floor(Math.log10(Math.abs(value))));
  const rounded = Number(value.toPrecision(4));
  return rounded.toLocaleString('en-US', { minimumFractionDigits: Math.min(digits, 3), maximumFractionDigits: 3 });
}

function times(ratio: number): string {
  return ratio >= 10 ? ratio.toFixed(1) : ratio.toFixed(2);
}
