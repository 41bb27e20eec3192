/**
 * The bytes of a savepoint: a directory that any store, with any number of shards, can be filled from. All numbers are
 * little-endian and unsigned but those in keys.
 *
 * ```
 *   savepoint/  savepoint.json               what it consists of; written last, so without it there is no savepoint
 *               state-0000-0512.mrs  …       entities of key groups 0 to 511, in the order of their keys
 *               messages-0000-0512.mrm  …    messages in flight to them, for each of them in the order of arrival
 *               coordinator.mrc              positions of ingresses, records of egresses, idempotency keys
 *
 *  a file:
 *   ┌────────┬───────┬───────┬───
 *   │ header │ block │ block │ …           as long, and with the checksum, that savepoint.json says
 *   └────────┴───────┴───────┴───
 *
 *  the header, the same in all versions:
 *    0 magic   8 format version   12 content (16): 1 state, 2 messages, 3 coordinator
 *   14 first key group (16)   16 key group after the last (16)   18 nothing   28 CRC-32 of bytes 0 to 27
 *
 *  a block:
 *    0 CRC-32 of the rest of the block   4 length of the payload   8 which block of the file   12 records   16 payload …
 *
 *  a record, whole within a block:
 *    0 length of the key (16)   2 length of the value (32)   6 key …, value …
 *
 *  the checksum of a file: CRC-32 over the checksums of its header and its blocks
 * ```
 *
 * Records of state have the keys of `key-layout.ts` and the values of `state/record-layout.ts`. Keys and values of the
 * others are MessagePack behind one byte, which is 0 for the plain form and 1 for the rich one: of messages, the key is
 * the list of target type, target id, source type (or null) and source id; of the coordinator's records, the list of
 * what it is and its name. So everything carries names, and nothing a number that one engine alone understands.
 *
 * Publication: files are synced, and then `savepoint.json` is renamed into place.
 */

export const SAVEPOINT_FORMAT_VERSION = 2;
export const SAVEPOINT_SUMMARY_NAME = 'savepoint.json';

/** "MRsavept" */
export const SAVEPOINT_MAGIC: Uint8Array = new Uint8Array([0x4d, 0x52, 0x73, 0x61, 0x76, 0x65, 0x70, 0x74]);
export const SAVEPOINT_VERSION = 8;
export const SAVEPOINT_CONTENT = 12;
export const SAVEPOINT_FIRST_GROUP = 14;
export const SAVEPOINT_END_GROUP = 16;
export const SAVEPOINT_HEADER_CHECKSUM = 28;
export const SAVEPOINT_HEADER_BYTES = 32;

export const CONTENT_STATE = 1;
export const CONTENT_MESSAGES = 2;
export const CONTENT_COORDINATOR = 3;

export const BLOCK_CHECKSUM = 0;
export const BLOCK_LENGTH = 4;
export const BLOCK_NUMBER = 8;
export const BLOCK_RECORD_COUNT = 12;
export const BLOCK_HEADER_BYTES = 16;

export const RECORD_KEY_LENGTH = 0;
export const RECORD_VALUE_LENGTH = 2;
export const RECORD_HEADER_BYTES = 6;
