/**
 * The keys of a state store, and of the changelog's records, which are the same. They begin with the key group, so that
 * the entities of a group lie together and a group moves to another shard as one range (I12), and they carry names
 * instead of numbers, so that they mean the same to every version of the module.
 *
 * ```
 *   ┌──────────────────┬─────────────┬───────────────────────┬───────────┬─────────────┬──────────┐
 *   │ key group (16 BE)│ section (8) │ type, bytes (16 BE)   │ type …    │ id form (8) │ id …     │
 *   └──────────────────┴─────────────┴───────────────────────┴───────────┴─────────────┴──────────┘
 *     type: UTF-8      id form 0: ASCII, 1: UTF-16 little-endian      id: up to the end of the key
 * ```
 *
 * What lies behind the section is that of an entity's values; rows have their own picture in state/row.ts.
 * Key groups end at 1,023; above them lies what belongs to no entity.
 */

export const KEY_GROUP_BYTES = 2;
/** The state values of an entity, all in one record. */
export const SECTION_VALUES = 1;
// The sections from here on hold rows: their keys are those of state/row.ts, whose ids have their length before them.
/** Entries of tables. */
export const SECTION_TABLE = 2;
/** Elements of lists. */
export const SECTION_LIST = 3;
/** Delayed messages in the order in which they are due. */
export const SECTION_TIMER = 4;
/** The same by the address that has sent them. */
export const SECTION_TIMER_OF = 5;
/** What could not be delivered or handled. */
export const SECTION_DEAD_LETTER = 6;
/** State that expires, in the order in which it does. */
export const SECTION_EXPIRY = 7;
/** What waits for parked addresses. */
export const SECTION_PARKED = 8;
export const KEY_HEAD_BYTES = 5;
export const ID_ASCII = 0;
export const ID_WIDE = 1;

/** The last epoch whose delta has been folded into this store, as the decimal digits of a number. */
export const APPLIED_KEY: Uint8Array = Buffer.from('\xff\xffapplied', 'latin1');
/**
 * The last epoch of the round of folding that began last, written with the first of what it puts: of what later epochs
 * have made nothing can be in this store.
 */
export const BEGUN_KEY: Uint8Array = Buffer.from('\xff\xffbegun', 'latin1');

/** The first key of a key group; the range of several groups ends before the first key of the group after them. */
export function firstKeyOf(keyGroup: number): Uint8Array {
  return Uint8Array.of(keyGroup >>> 8, keyGroup & 0xff);
}

export function keyGroupOfKey(key: Uint8Array): number {
  return (key[0] << 8) | key[1];
}
