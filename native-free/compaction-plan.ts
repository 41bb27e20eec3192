/**
 * Decides which tables to merge: size-tiered. Tables fall into tiers by their size, each tier four times the one before;
 * when four of one tier have come together, they are merged into one of the next. And when everything else together has
 * become as large as the oldest table, all are merged, so that the disk holds no more than about twice what it must. So
 * an entry is rewritten about once per tier, and a look-up asks a number of tables that grows with the logarithm of the
 * state.
 *
 * Only neighbours in age are merged, because of two entries of one key the newer must stay in front.
 */

/** How many tables of one tier are merged. */
export const TIER_TABLES = 4;

/** Once there are this many that are not being merged, the newest are merged, whatever their sizes. */
export const TABLES_MAX = 24;

/** A run of neighbouring tables, `from` included, `to` not. */
export interface CompactionPlan {
  readonly from: number;
  readonly to: number;
}

/**
 * The next merge for tables of these sizes, newest first; undefined if they are well as they are. `hasOldest`: whether
 * the last of them is the oldest of all, and not followed by some that are being merged.
 */
export function planCompaction(
  sizesBytes: readonly number[],
  unitBytes: number,
  hasOldest: boolean,
): CompactionPlan | undefined {
  const tiers = sizesBytes.map((bytes) => tierOf(bytes, unitBytes));
  const highest = Math.max(0, ...tiers);
  for (let tier = 0; tier <= highest; tier++) {
    const plan = runOfTier(tiers, tier);
    if (plan !== undefined) return plan;
  }
  if (hasOldest && isWasteful(sizesBytes)) return { from: 0, to: sizesBytes.length };
  return sizesBytes.length >= TABLES_MAX ? { from: 0, to: TABLES_MAX / 2 } : undefined;
}

function tierOf(byteLength: number, unitBytes: number): number {
  let tier = 0;
  for (let limit = unitBytes * 2; byteLength > limit; limit *= TIER_TABLES) tier++;
  return tier;
}

/**
 * Neighbours of at most this tier with four of exactly it among them. Smaller ones between them do not keep them apart:
 * deletions leave small tables behind larger ones, which would else stay for ever.
 */
function runOfTier(tiers: readonly number[], tier: number): CompactionPlan | undefined {
  for (let from = 0; from < tiers.length; from++) {
    let to = from;
    let count = 0;
    for (; to < tiers.length && tiers[to] <= tier; to++) if (tiers[to] === tier) count++;
    if (count >= TIER_TABLES) return { from, to };
    from = Math.max(from, to - 1);
  }
  return undefined;
}

function isWasteful(sizesBytes: readonly number[]): boolean {
  const oldest = sizesBytes.at(-1) ?? 0;
  const others = sizesBytes.reduce((sum, bytes) => sum + bytes, 0) - oldest;
  return sizesBytes.length >= TIER_TABLES && others >= oldest;
}
