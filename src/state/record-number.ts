/**
 * The records that a shard writes into its changelog are numbered in the order of writing, from the start of a run. An
 * item in memory remembers the number of its last record for as long as that is not folded. Numbers are counted modulo
 * 2^31, so that they stay small integers.
 */

/** The number of no record: of an item of which the changelog holds nothing, or nothing that is not folded. */
export const NO_RECORD = -1;

const NUMBER_MASK = 0x7fff_ffff;

/** The number of the record that lies so many behind one. */
export function recordNumber(first: number, index: number): number {
  return (first + index) & NUMBER_MASK;
}

/** How many records `to` lies behind `from`. */
export function recordDistance(from: number, to: number): number {
  return (to - from) & NUMBER_MASK;
}
