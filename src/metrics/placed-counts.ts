/**
 * What a histogram has counted, without the places where nothing is: plain data, the same in any thread, and what
 * percentiles are made of. A living engine's histograms have some thousand of 33,792 places in use.
 */
import { highestAt, lowestAt } from './hdr-places.ts';

export interface PlacedCounts {
  /** Places in ascending order, each followed by the count there. */
  readonly places: Float64Array;
  /** The largest value itself. */
  readonly max: number;
}

/** What so many percent of all values do not exceed, for each of these, which must ascend; 0 where there are none. */
export function percentilesOf({ places, max }: PlacedCounts, percentages: readonly number[]): number[] {
  const total = totalOf(places);
  let at = 0;
  let seen = 0;
  return percentages.map((percentage) => {
    const rank = rankOf(percentage, total);
    while (at < places.length && seen + places[at + 1] < rank) {
      seen += places[at + 1];
      at += 2;
    }
    return at < places.length ? Math.min(highestAt(places[at]), max) : max;
  });
}

/** How many values there are up to that percentile. What rounding adds to the product must not count as one more. */
function rankOf(percentage: number, total: number): number {
  const rank = (Math.min(percentage, 100) / 100) * total;
  return Math.max(Math.ceil(rank - rank * Number.EPSILON), 1);
}

/** Each value counts as the middle of those at its place. 0 while there are none. */
export function meanOf({ places }: PlacedCounts): number {
  let sum = 0;
  for (let at = 0; at < places.length; at += 2) {
    const value = lowestAt(places[at]);
    sum += places[at + 1] * (value + Math.floor((highestAt(places[at]) + 1 - value) / 2));
  }
  return sum / Math.max(1, totalOf(places));
}

function totalOf(places: Float64Array): number {
  let total = 0;
  for (let at = 1; at < places.length; at += 2) total += places[at];
  return total;
}
