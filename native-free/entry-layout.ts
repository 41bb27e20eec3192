/**
 * The bytes of one entry, the same in a batch, in the log, in a memtable and in a page of a table, so that an entry is
 * only ever copied, never encoded anew.
 *
 * ```
 *   ┌───────────┬─────────────┬─────┬───────┐
 *   │ keyLength │ valueLength │ key │ value │
 *   │           │ + 1         │     │       │
 *   └───────────┴─────────────┴─────┴───────┘
 *   the lengths are varints: seven bits a byte, the lowest first, the top bit set in all bytes but the last.
 *   valueLength + 1 = 0: the key was deleted, and no value follows.
 * ```
 *
 * An entry is published with the record or page that it lies in; on its own it has no checksum.
 */

/** A length stays well within a positive 32-bit integer. */
export const ENTRY_PART_BYTES_MAX: number = (1 << 30) - 1;

/** What two varints take at most. */
export const ENTRY_LENGTHS_BYTES_MAX = 10;
