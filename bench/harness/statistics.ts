/**
 * What is made of several rounds: the median, because one bad round must not move it, and the whole spread, because
 * hiding it would be a lie. Ratios are taken round by round, so that what slows down the machine for a while slows down
 * both sides of a ratio.
 */

/** So many standard deviations on either side hold 95 % of a normal distribution. */
const NORMAL_95 = 1.96;

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** How far the median of such values may be off on either side: half of its 95 % interval, by the order of the values. */
export function medianError(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const reach = Math.ceil((NORMAL_95 * Math.sqrt(sorted.length)) / 2);
  const middle = (sorted.length - 1) / 2;
  const low = sorted[Math.max(0, Math.floor(middle - reach))];
  const high = sorted[Math.min(sorted.length - 1, Math.ceil(middle + reach))];
  return (high - low) / 2;
}

export function spread(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/** Round by round, `ours[i] / theirs[i]`, of the rounds that both have. */
export function ratios(ours: readonly number[], theirs: readonly number[]): Spread {
  return spread(theirs.slice(0, ours.length).map((value, round) => ours[round] / value));
}
