/**
 * What two commits' rounds say about each other. The median ratio alone says little on a noisy machine, so a difference is
 * claimed only when the ratio's confidence interval leaves out 1, and then only when it is not a trifle.
 *
 * The interval is the one of order statistics, which assumes nothing of how the ratios are distributed: of n sorted
 * ratios the k-th from both ends enclose the true median unless fewer than k of n fair coins fall on one side.
 */
import { ratios, type Spread } from '../harness/statistics.ts';

/** How sure the interval has to be. Five rounds whose extremes agree are 93.75 % sure. */
const CONFIDENCE = 0.9;
/** Closer to 1 than this is called the same, however sure. */
const TRIFLE = 0.02;

export type Verdict = 'faster' | 'slower' | 'the same' | 'unclear' | 'too few rounds';

export interface Comparison {
  /** Round by round, value of A ÷ value of B; above 1 is better for A if more is better. */
  readonly ratio: Spread;
  /** Undefined when there are too few rounds for one. */
  readonly interval: readonly [number, number] | undefined;
  readonly verdict: Verdict;
}

export function compareRounds(a: readonly number[], b: readonly number[], isLessBetter: boolean): Comparison {
  const ratio = ratios(a, b);
  const interval = medianInterval(a.map((value, round) => value / b[round]));
  return { ratio, interval, verdict: verdictOn(ratio.median, interval, isLessBetter) };
}

function verdictOn(median: number, interval: readonly [number, number] | undefined, isLessBetter: boolean): Verdict {
  if (interval === undefined) return 'too few rounds';
  const [low, high] = interval;
  const isNear = (value: number): boolean => Math.abs(value - 1) <= TRIFLE;
  if (isNear(median) && isNear(low) && isNear(high)) return 'the same';
  if ((low <= 1 && high >= 1) || isNear(median)) return 'unclear';
  return median > 1 === isLessBetter ? 'slower' : 'faster';
}

/** The narrowest pair of values that encloses the median with enough confidence. */
export function medianInterval(values: readonly number[]): readonly [number, number] | undefined {
  const sorted = values.toSorted((x, y) => x - y);
  const count = sorted.length;
  let found: readonly [number, number] | undefined;
  // The chance that fewer than `rank` values lie below the median, doubled for the other side.
  let outside = 0;
  let coefficient = 1;
  for (let rank = 1; rank <= count / 2; rank++) {
    outside += 2 * coefficient * 0.5 ** count;
    coefficient *= (count - rank + 1) / rank;
    if (1 - outside < CONFIDENCE) break;
    found = [sorted[rank - 1], sorted[count - rank]];
  }
  return found;
}
