/**
 * The rows of entities with something that expires, in the order in which they are due: one row an entity, due when the
 * first of its values expires or earlier. The entity keeps in a cell when its row is due, so there is never a second one;
 * when values are written again and again, the row stays where it is until it is due, and is moved then (`ExpirySweep`).
 *
 * ```
 *   ┌──────────────────┬──────────────────────┬──────────────┬─────────────┐
 *   │ key group (16 BE)│ SECTION_EXPIRY (8)   │ due, ms (48) │ the address │      value: true
 *   └──────────────────┴──────────────────────┴──────────────┴─────────────┘
 * ```
 */
import { keyGroupOfHash } from '../keys/key-group.ts';
import { addressBytes, afterPrefix, groupPrefix, readAddressBytes, readUnsigned, unsigned } from '../state/row.ts';
import { SECTION_EXPIRY } from '../store/key-layout.ts';

const GROUP_BYTES = 3;
const DUE_BYTES = 6;
/** The latest time that a row can have; whatever expires later is looked at then. */
const DUE_MAX = 2 ** 48 - 1;

/** When the row of something that expires at `deadline` is due. */
export function dueOf(deadline: number): number {
  return Math.min(Math.max(Math.ceil(deadline), 0), DUE_MAX);
}

export function expiryKey(due: number, type: string, hash: number, id: string): string {
  return groupPrefix(SECTION_EXPIRY, keyGroupOfHash(hash)) + unsigned(due, DUE_BYTES) + addressBytes(type, id);
}

/** All rows of a key group. */
export function expiryGroupRange(keyGroup: number): { readonly from: string; readonly before: string } {
  const from = groupPrefix(SECTION_EXPIRY, keyGroup);
  return { from, before: afterPrefix(from) };
}

export function readExpiryKey(key: string): { due: number; type: string; id: string } {
  const { type, id } = readAddressBytes(key, GROUP_BYTES + DUE_BYTES);
  return { due: readUnsigned(key, GROUP_BYTES, DUE_BYTES), type, id };
}
