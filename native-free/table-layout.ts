/**
 * The bytes of a table: an immutable, sorted file of entries, each key at most once. Data pages of about 4 KiB, after
 * every 256 KiB of them an index page, and at the end one root page.
 *
 * ```
 *   │ data │ data │ … │ index │ data │ data │ … │ index │ … │ root │
 *   └────────── group ────────┘
 *
 *   every page:  │ body │ crc32 of the body │          the crc starts from the table's number and the page's offset
 *
 *   data body:   │ entry │ entry │ … │ u16 offset of each entry │ u16 count │
 *   index body:  │ filter │ first key of each page │ (u32 keyEnd, u32 pageEnd) of each │ u32 filterBytes │ u32 count │
 *   root body:   │ first key of each group │ (u32 keyEnd, u32 endLow, u32 endHigh, u32 indexBytes) of each │ u32 count │
 * ```
 *
 * All numbers are little-endian. A `keyEnd` counts from the start of the body; the first key of an index begins behind
 * the filter. A `pageEnd` counts from the start of its group, an `end` from the start of the file.
 *
 * There is no byte that no checksum covers. A page in another place, or of another table, does not pass for this one.
 * A table is written from front to back, synced, and then named by the manifest with its length; before that it does
 * not exist, and after that it never changes.
 */

/** A page is closed when the next entry would make its entries longer than this; a longer entry has a page of its own. */
export const PAGE_ENTRIES_BYTES = 4096;
/** A group is closed by the page that makes it at least this long, or its keys this many. */
export const GROUP_BYTES: number = 1 << 18;
export const GROUP_KEYS = 8192;

export const CRC_BYTES = 4;
export const DATA_COUNT_BYTES = 2;
export const DATA_OFFSET_BYTES = 2;
/** From the end of an index page's body. */
export const INDEX_TAIL_BYTES = 8;
export const INDEX_SLOT_BYTES = 8;
export const ROOT_TAIL_BYTES = 4;
export const ROOT_SLOT_BYTES = 16;

/** What the checksum of a page starts from. */
export function pageSeed(table: number, offsetBytes: number): number {
  return (Math.imul(table, 0x9e3779b1) ^ Math.imul(offsetBytes / 0x1_0000_0000, 0x85ebca6b) ^ offsetBytes) >>> 0;
}
