/**
 * Branded integers: numbers of different meaning that the compiler refuses to swap. A brand costs nothing at run time.
 */

declare const brand: unique symbol;

export type Branded<Base, Name extends string> = Base & { readonly [brand]: Name };

/** Which shard, counted from 0. */
export type ShardIndex = Branded<number, 'ShardIndex'>;
/** A bucket of addresses, the atom of placement. */
export type KeyGroup = Branded<number, 'KeyGroup'>;
/** The work between two markers; only grows (I8). */
export type Epoch = Branded<number, 'Epoch'>;
