/**
 * The bytes of a frame that says where entities lie in the frame of records before it, so that a start need not read the
 * records: words of 32 bits, little-endian.
 *
 * ```
 *   ┌──────────────┬──────────────────┬──────────────────────────┬────────────────────┐
 *   │ record count │ hash of an id …  │ where a record begins …  │ CRC-32 of a block … │
 *   └──────────────┴── each record ───┴────── each record ───────┴──── each block ────┘
 * ```
 *
 * Blocks are 4,096 bytes of the frame of records each, the last one shorter. A record is read with the blocks it lies
 * in, and by their checksums alone it is known to be what was written: nothing else of its frame is read.
 */

export const INDEX_COUNT = 0;
export const INDEX_RECORDS = 1;
export const BLOCK_BYTES = 4096;
