/**
 * The files of LevelDB, as far as their checksums go. They are LevelDB's own; here they are only read.
 *
 * ```
 *   table (.ldb):   │ block │ block │ … │ filter block │ metaindex block │ index block │ footer, 48 bytes │
 *     block:        │ contents │ u8 compression │ crc32c of both before, masked, u32 │
 *     contents of an index:  │ entry │ entry │ … │ u32 restart offset … │ u32 restart count │
 *       entry:      │ shared │ unshared │ valueLength │ rest of the key │ value: offset, size of a block │   varints
 *     footer:       │ offset, size of metaindex │ offset, size of index │ zeros │ magic, 8 bytes │          varints
 *
 *   log (.log):     blocks of 32 KiB; what is left at the end of one and too short for a header is zero
 *     record:       │ crc32c of type and payload, masked, u32 │ u16 length │ u8 type │ payload │
 *       type:       1 a whole batch, 2 the first part of one, 3 a middle part, 4 the last one
 * ```
 *
 * All numbers are little-endian. A table never changes once it is written. A log grows by one synced batch after the
 * other, so nothing that begins after a batch can be there when the batch is not, unless it was damaged.
 */

export const FOOTER_BYTES = 48;
export const FOOTER_MAGIC: Uint8Array = Uint8Array.of(0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb);
export const BLOCK_TRAILER_BYTES = 5;
export const NOT_COMPRESSED = 0;

export const LOG_BLOCK_BYTES = 32_768;
export const LOG_HEADER_BYTES = 7;
export const LOG_LENGTH = 4;
export const LOG_TYPE = 6;
/** The types that begin a batch. */
export const LOG_WHOLE = 1;
export const LOG_FIRST = 2;
