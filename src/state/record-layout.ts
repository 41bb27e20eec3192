/**
 * Entities and rows as bytes: the record of a changelog and the entry of a state store. A record names its function and each of
 * its states, so that the same bytes mean the same to every version of the module; a state that was never written has
 * no cell, and an entity without cells is a removal.
 *
 * ```
 *   record:  │ key, bytes (16) │ value, bytes (32) │ key … │ value …
 *            length 2^32 - 1: removed, no value      2^32 - 2: all keys that begin so were removed, no value
 *   key:     see store/key-layout.ts
 *   value:   │ format 1 (8) │ cells (16) │ then for each cell:
 *            │ name, bytes (16) │ name (UTF-8) │ tag (8) │ what the tag says
 *
 *   tag 0: integer (32)   1: double (64)   3: null   4: false   5: true
 *      10: text, length (8) and ASCII      11: list, count (8), then the tag of each value and what it says
 *      12: plain object, count (8), then for each property: length (8) and ASCII of its name, its value with its tag
 *       6, 7: length (32) and MessagePack, in the plain or the rich form of wire/payload-codec.ts
 *       2: text, length (32) and ASCII, as older versions have written it
 *
 *   before the tag of a value that has them:
 *       8: version (16), of a value of version 2 or later      9: time at which it expires (64, a double), in ms
 * ```
 *
 *   value of a row:  │ format 1 (8) │ tag (8) │ what the tag says
 *
 * All numbers are little-endian but those of the key. Numbers, short texts, and small lists and objects of them have tags
 * of their own because they are what most entities hold, and most of what a checkpoint writes is this (see
 * `bench/micro/entity-record.ts`). Whatever else a value holds, however deep inside, takes all of it to MessagePack.
 * Tags 10 to 12 came with version 2 of changelogs and savepoints.
 */

export const FORMAT = 1;
export const REMOVED = 0xffffffff;
export const ERASED = 0xfffffffe;
export const ROW_HEAD_BYTES = 1;
export const RECORD_HEAD_BYTES = 6;
export const VALUE_HEAD_BYTES = 3;
/** Longer texts, names and lists, larger objects and deeper nesting are left to MessagePack. */
export const TEXT_LENGTH_MAX = 255;
export const NAME_LENGTH_MAX = 64;
export const COUNT_MAX = 255;
export const NESTING_MAX = 8;

export const TAG_INTEGER = 0;
export const TAG_DOUBLE = 1;
export const TAG_ASCII = 2;
export const TAG_NULL = 3;
export const TAG_FALSE = 4;
export const TAG_TRUE = 5;
export const TAG_PLAIN = 6;
export const TAG_RICH = 7;
export const TAG_VERSION = 8;
export const TAG_DEADLINE = 9;
export const TAG_TEXT = 10;
export const TAG_LIST = 11;
export const TAG_OBJECT = 12;
export const VERSION_BYTES = 3;
export const DEADLINE_BYTES = 9;

/** Whether a value has a version or a deadline before its tag. */
export function isKeptTag(tag: number): boolean {
  return tag === TAG_VERSION || tag === TAG_DEADLINE;
}
