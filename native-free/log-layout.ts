/**
 * The bytes of a log: the batches that are not in a table yet, in the order in which they were written.
 *
 * ```
 *   file:    │ magic u32 │ log number u32 │ crc32 of these 8 bytes │ record │ record │ …
 *
 *   record:  0   magic u32
 *            4   payload length u32
 *            8   offset of this record in the file u32
 *            12  durable u32: all that lies before this offset was durable when the record was written
 *            16  log number u32
 *            20  crc32 of the payload
 *            24  crc32 of the 24 bytes before
 *            28  payload: the entries of one batch
 * ```
 *
 * All numbers are little-endian. A record is appended whole, and its batch is durable once a sync that began afterwards
 * has ended. Batches that are under way at the same time share a sync, so after a crash any of the last records may be
 * missing or torn. What tells that from damage is `durable`: a record that cannot be read lies at or after all the
 * `durable` that can be. When nothing follows a batch, a record without a payload is put behind it to say that it
 * arrived.
 */

export const LOG_MAGIC = 0x474c524d;
export const LOG_HEADER_BYTES = 12;

export const RECORD_MAGIC = 0x4352524d;
export const RECORD_PAYLOAD_BYTES = 4;
export const RECORD_OFFSET = 8;
export const RECORD_DURABLE = 12;
export const RECORD_LOG = 16;
export const RECORD_PAYLOAD_CRC = 20;
export const RECORD_CRC = 24;
export const RECORD_HEADER_BYTES = 28;

/** Offsets are 32 bits wide. */
export const LOG_BYTES_MAX = 0xffff_ffff;
