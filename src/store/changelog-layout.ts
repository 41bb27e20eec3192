/**
 * The bytes of a changelog: one shard's epoch deltas, appended to numbered segment files `changelog-0000000001.log` ….
 * All numbers are little-endian and unsigned.
 *
 * ```
 *  byte 0     48                                        DeltaLocation: offset, length
 *   ┌─────────┬───────┬─────────┬─────────┬───┬─────┬───────┬───
 *   │ header  │ BEGIN │ payload │ payload │ … │ END │ BEGIN │ …
 *   └─────────┴───────┴─────────┴─────────┴───┴─────┴───────┴───
 *             └─────────────── one delta ───────────┘
 *
 *  the header, the same in all versions:
 *    0 magic   8 format version   12 segment number   16 epoch of the first delta   22 the epoch before that
 *   28 where the segment before ends   34 nothing   44 CRC-32 of bytes 0 to 43
 *
 *  a frame:
 *    0 CRC-32 of the rest of the frame   4 length of the payload   8 kind   10 epoch   16 payload …
 *
 *  the payload of BEGIN:   0 the epoch before   6 the checksum of the END of that
 *  the payload of END:     0 the same   10 CRC-32 over the checksums of all frames before, BEGIN's included
 *                         14 payload frames   18 length of the delta, BEGIN and END included
 *
 *  CONTENTS may be the last frame before END; its payload lists the frames before it, BEGIN first, and ends with a length:
 *    ┌──────────────────────────────────────────────────────────────┬───┬──────────────────────┐
 *    │ CRC-32 (4)   kind (2)   length of its payload (4), of a frame │ … │ length of CONTENTS (4) │
 *    └──────────────────────────────────────────────────────────────┴───┴──────────────────────┘
 * ```
 *
 * END has a fixed length and says how long its delta is, and the header says where the segment before ends. So whoever
 * knows the last committed delta finds all before it backwards, without reading what lies between; and what lies behind
 * an end that is written down, because a crash undid its being cut off, is never looked at. Each END holds the checksum
 * of the one before, so the checksum of the last one, which is in the manifest, stands for all.
 *
 * Therefore a file may be longer than its deltas. Behind them lie zeros, or frames of the segment that the file was before
 * (`changelog-0000000001.old` meanwhile), whole ones, too. Nothing is ever found by going forward to where frames end; and
 * where one of them lies in the place of a frame that the disk has lost, its checksum is not the one that END stands for.
 *
 * The same goes for single frames: the checksums that CONTENTS lists, with its own, are those that END has the checksum of.
 * So a frame can be read without those before it, and is as certain as in a delta that is read as a whole. Whoever does
 * not know CONTENTS reads it over, as he does other kinds that he does not know.
 *
 * Publication: a delta exists once the manifest holds its location, whose checksum is that of the END frame (I8). Until
 * then its bytes, and its whole segment if it is the first there, may be torn, missing or old.
 */

export const CHANGELOG_FORMAT_VERSION = 2;

/** "MRchglog" */
export const SEGMENT_MAGIC: Uint8Array = new Uint8Array([0x4d, 0x52, 0x63, 0x68, 0x67, 0x6c, 0x6f, 0x67]);
export const SEGMENT_VERSION = 8;
export const SEGMENT_NUMBER = 12;
export const SEGMENT_FIRST_EPOCH = 16;
export const SEGMENT_PREVIOUS_EPOCH = 22;
export const SEGMENT_PREVIOUS_END = 28;
export const SEGMENT_CHECKSUM = 44;
export const SEGMENT_HEADER_BYTES = 48;

export const FRAME_CHECKSUM = 0;
export const FRAME_LENGTH = 4;
export const FRAME_KIND = 8;
export const FRAME_EPOCH = 10;
export const FRAME_HEADER_BYTES = 16;

/** Kinds below are the caller's. */
export const KIND_LIMIT = 0xff00;
export const KIND_CONTENTS = 0xfffd;
export const KIND_BEGIN = 0xfffe;
export const KIND_END = 0xffff;

export const CHAIN_PREVIOUS_EPOCH = 0;
export const CHAIN_PREVIOUS_CHECKSUM = 6;
export const BEGIN_PAYLOAD_BYTES = 10;

export const LISTED_CHECKSUM = 0;
export const LISTED_KIND = 4;
export const LISTED_LENGTH = 6;
export const LISTED_BYTES = 10;
export const CONTENTS_LENGTH_BYTES = 4;

export const END_FRAMES_CHECKSUM = 10;
export const END_FRAME_COUNT = 14;
export const END_DELTA_LENGTH = 18;
export const END_PAYLOAD_BYTES = 24;
export const END_FRAME_BYTES: number = FRAME_HEADER_BYTES + END_PAYLOAD_BYTES;

/** Epochs and offsets take six bytes: enough for a thousand epochs a second through nine thousand years. */
export const WIDE_BYTES = 6;
