/**
 * The bytes of an envelope: one thing in flight between two addresses. Little-endian words, each part padded to 4 bytes.
 *
 * ```
 *  word 0 ┌───────────────┬───────────────┬───────────────────────────────┐
 *         │ kind (8)      │ flags (8)     │ target type (16)              │
 *       1 ├───────────────┴───────────────┴───────────────────────────────┤
 *         │ hash of the target's id (32, signed)                          │
 *       2 ├───────────────────────────────┬───────────────────────────────┤
 *         │ target id, bytes (16)         │ source type (16)              │
 *       3 ├───────────────────────────────┼───────────────────────────────┤
 *         │ source id, bytes (16)         │ meta, bytes (16)              │
 *       4 ├───────────────────────────────┴───────────────────────────────┤
 *         │ payload, bytes (32)                                           │
 *       5 ├───────────────────────────────────────────────────────────────┤
 *         │ target id …, source id …, meta …, payload …                   │
 *         └───────────────────────────────────────────────────────────────┘
 *                  16 bits on the left are the low half of the word
 * ```
 *
 * Most messages have no meta (see `message-meta.ts`), which then takes no bytes.
 *
 * A type is the function's number in the module (see `sdk/module.ts`), or one of the reserved numbers below; for an
 * egress record the target type is the egress's number and there is no target id. Numbers hold between the threads of
 * one running engine only; what goes to disk carries names.
 */

/** A message to a function, or to an asker. */
export const KIND_MESSAGE = 1;
/** A record for an egress. */
export const KIND_EGRESS = 2;
/** A failed invocation: target is the asker who waits (or none), source is the address that failed. */
export const KIND_FAILURE = 3;
/** The end of an epoch on this channel; the payload is the epoch. To shards, between shards, and to the coordinator. */
export const KIND_MARKER = 4;
/** A shard's part of a checkpoint is written; the payload says where. To the coordinator. */
export const KIND_REPORT = 5;
/** A checkpoint is committed; the payload is its epoch. To shards. */
export const KIND_COMMITTED = 6;
/** Copy what is committed into a savepoint; the payload says where and of which epoch. To shards. */
export const KIND_SAVEPOINT = 7;
/** A shard's part of a savepoint is written, or failed; the payload says which. To the coordinator. */
export const KIND_SAVEPOINT_PART = 8;
/** Something that a shard is to do or to say, apart from messages; the payload is a `RequestOrder`. To shards. */
export const KIND_REQUEST = 9;
/** How far a shard is with a request; the payload is a `RequestAnswer`. To the coordinator. */
export const KIND_ANSWER = 10;
/** An address or a function is flooded, or no longer; the payload is a `FloodWord`. To the coordinator. */
export const KIND_FLOOD = 11;

/** Set when all of the id is ASCII and a byte is a character; else it is UTF-16 (see `id-bytes.ts`). */
export const FLAG_TARGET_ASCII = 1;
export const FLAG_SOURCE_ASCII = 2;
/** The payload is in the codec's rich form, which alone can carry maps and sets. */
export const FLAG_RICH_PAYLOAD = 4;
/** The payload is in the flat form (see `flat-codec.ts`). */
export const FLAG_FLAT_PAYLOAD = 8;

/** Not a function: nobody. */
export const TYPE_NONE = 0xffff;
/** Not a function: somebody who waits in `engine.ask`; lives on the coordinator's thread. */
export const TYPE_ASKER = 0xfffe;
/** Not a function: nobody that this module knows; the meta of the message has the name that it was sent to. */
export const TYPE_UNKNOWN = 0xfffd;
/** Functions of a module are numbered below this. */
export const FUNCTION_COUNT_MAX = 0xff00;

export const HEADER_WORDS = 5;
export const WORD_KIND = 0;
export const WORD_HASH = 1;
export const WORD_TARGET = 2;
export const WORD_SOURCE = 3;
export const WORD_PAYLOAD_BYTES = 4;
