/**
 * The latency distributions of all rounds of a contender as one: histograms are added up, so that every event of every
 * round counts the same. Besides the usual percentiles there is a curve for plots, and the text that HDR plotters read.
 */
import { LatencyHistogram } from '../../src/metrics/latency.ts';
import type { Distribution, Measurement } from './benchmark.ts';
import { median } from './statistics.ts';

export const PERCENTILE_NAMES = ['p50', 'p90', 'p99', 'p99.9', 'p99.99', 'max'] as const;
export type PercentileName = (typeof PERCENTILE_NAMES)[number];

const PERCENTAGES: Readonly<Record<PercentileName, number>> = {
  p50: 50,
  p90: 90,
  p99: 99,
  'p99.9': 99.9,
  'p99.99': 99.99,
  max: 100,
};

export interface CurvePoint {
  /** Up to 100. */
  readonly percentage: number;
  readonly us: number;
}

export interface MergedDistribution {
  readonly name: string;
  readonly count: number;
  /** In µs. */
  readonly percentiles: Readonly<Record<PercentileName, number>>;
  /** Medians over the rounds. */
  readonly offeredPerSecond?: number;
  readonly achievedPerSecond?: number;
  readonly curve: readonly CurvePoint[];
  /** As in a `.hgrm` file, values in µs. */
  readonly text: string;
}

/** In the order in which the first round has them. */
export function mergeDistributions(measurements: readonly Measurement[]): MergedDistribution[] {
  const names = (measurements[0]?.distributions ?? []).map(({ name }) => name);
  return names.map((name) => {
    const rounds = measurements.flatMap(({ distributions = [] }) => distributions.filter((of) => of.name === name));
    return mergeRounds(name, rounds);
  });
}

function mergeRounds(name: string, rounds: readonly Distribution[]): MergedDistribution {
  const merged = new LatencyHistogram();
  try {
    for (const { histogram } of rounds) merged.add(histogram);
    const values = PERCENTILE_NAMES.map((of) => [of, merged.percentile(PERCENTAGES[of])] as const);
    return {
      name,
      count: merged.count,
      percentiles: Object.fromEntries(values) as Record<PercentileName, number>,
      ...rateOf('offeredPerSecond', rounds),
      ...rateOf('achievedPerSecond', rounds),
      curve: curveOf(merged),
      text: merged.distribution(),
    };
  } finally {
    merged.destroy();
  }
}

function rateOf(
  name: 'offeredPerSecond' | 'achievedPerSecond',
  rounds: readonly Distribution[],
): Partial<Distribution> {
  const rates = rounds.map((round) => round[name]).filter((rate) => rate !== undefined);
  return rates.length === 0 ? {} : { [name]: median(rates) };
}

/** Points of a curve per halving of the distance to 100 %. */
const POINTS_PER_HALF = 6;

/** Equidistant on the usual axis, that of 1 ÷ (1 − p), as far as there are events to tell of; the last is the longest. */
function curveOf(histogram: LatencyHistogram): CurvePoint[] {
  const steps = Math.ceil(Math.log2(Math.max(histogram.count, 2)) * POINTS_PER_HALF);
  const percentages = Array.from({ length: steps }, (_, step) => 100 * (1 - 2 ** (-step / POINTS_PER_HALF)));
  return [...percentages, 100].map((percentage) => ({ percentage, us: histogram.percentile(percentage) }));
}
