/**
 * What a shard's thread leaves behind of the invocation that it is in, for the coordinator to find when the thread dies
 * or does not come back. It stands in the counters' block of the thread, in cache lines that nobody else writes.
 *
 * ```
 *  │ turns │ function + 1 │ hash of the id │ fingerprint │ id, bytes │ id, UTF-8, cut off … │
 * ```
 *
 * The shard's thread alone writes, with plain stores: whoever reads does so when the thread is dead, or looks again
 * later. `function` is 0 between turns. Fingerprint and id are there for suspects only (see `shard/failing/suspects.ts`).
 */
export const LOOKOUT_WORDS = 32;
export const LOOKOUT_TURNS = 0;
export const LOOKOUT_FUNCTION = 1;
export const LOOKOUT_HASH = 2;
export const LOOKOUT_FINGERPRINT = 3;
export const LOOKOUT_ID_BYTES = 4;
export const LOOKOUT_ID = 5;
export const LOOKOUT_ID_BYTES_MAX: number = (LOOKOUT_WORDS - LOOKOUT_ID) * 4;
