/**
 * What a shard knows of a pair of rows: its picture. There may be a million pairs, so none is an object: a pair is a
 * number, that of its place in chunks of memory, and its records are bytes elsewhere (`ByteSlots`).
 *
 * ```
 *   chunk:  4,096 places of nine words of 32 bits
 *
 *   word 0  │ where its bytes are (ByteSlots)      of a free place: the next free one
 *        1  │ the epoch of its last write          as in `DirtyEntities`
 *        2  │ the round of folding that saw it
 *        3  │ mentions (16) │ key group (10) │ flags (6)      mentions: lists and deltas that name it
 *        4  │ the next one of its key group        of those that wait to become rows (`PairIndex`), or -1
 *        5  │ the one before it there, or -1
 *        6  │ the next one with such a tail, or -1
 *        7  │ the tail of its keys                 their last four bytes
 *        8  │ a note of whoever keeps it
 *
 *   bytes:  the records of both rows, as a changelog has them (record-layout.ts)
 *           │ record of the first │ record of the second │
 * ```
 */
import type { Branded } from '../base/brand.ts';

/** Two rows that are set and removed together. */
export type Pair = Branded<number, 'Pair'>;

export const NO_PAIR: Pair = -1 as Pair;

export const PAIR_WORDS = 9;
export const CHUNK_BITS = 12;
export const CHUNK_PAIRS: number = 1 << CHUNK_BITS;

export const WORD_BYTES_AT = 0;
export const WORD_EPOCH = 1;
export const WORD_FOLD_MARK = 2;
export const WORD_FLAGS = 3;
export const WORD_GROUP_NEXT = 4;
export const WORD_GROUP_PREVIOUS = 5;
export const WORD_TAIL_NEXT = 6;
export const WORD_TAIL = 7;
export const WORD_NOTE = 8;

/** The store may hold it, so that its removal must get there. */
export const FLAG_MAY_BE_STORED = 1;
/** Both rows have been removed. */
export const FLAG_REMOVED = 2;
/** Somebody keeps its number for later. */
export const FLAG_HELD = 4;
/** Nobody has asked for one of its rows: they are found by `PairIndex`. */
export const FLAG_WAITING = 8;
/** It has become two rows. */
export const FLAG_PARTED = 16;
export const KEY_GROUP_SHIFT = 6;
/** Added for each mention. */
export const ONE_MENTION: number = 1 << 16;
/** What keeps its number from being used again: mentions, and these flags. */
export const IN_USE: number = -ONE_MENTION | FLAG_HELD | FLAG_WAITING;

/** Both keys of a pair end with these, so that it is found by either. */
export const TAIL_BYTES = 4;
