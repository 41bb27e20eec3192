/**
 * The rows of what expires, in the order in which it is due.
 *
 * An entity with values that expire has one: due when the first of its values expires or earlier. The entity keeps in a
 * cell when its row is due, so there is never a second one; when values are written again and again, the row stays where
 * it is until it is due, and is moved then (`ExpirySweep`).
 *
 * An entry of a table that expires has one of its own, whose key says which, due when it expires or up to a tenth of its
 * time later: at the next of the times that are so far apart. So an entry that is set again soon has its row already, and
 * setting one never reads what was there before. Whoever sets or keeps an entry alive leaves a row that is due no earlier
 * than it expires; all others of this entry are left over, at most one a tenth, and go when they are due.
 *
 * ```
 *   ┌──────────────────┬──────────────────────┬──────────────┬─────────────┐
 *   │ key group (16 BE)│ SECTION_EXPIRY (8)   │ due, ms (48) │ the address │      value: true
 *   └──────────────────┴──────────────────────┴──────────────┴──────┬──────┘
 *     of an entry: the rest of the key of its row ┌─────────────┬───┴─────────────────┬─────┐
 *                                                 │ section (8) │ name, length before │ key │
 *                                                 └─────────────┴─────────────────────┴─────┘
 * ```
 */
import { keyGroupOfHash } from '../../keys/key-group.ts';
import { addressBytes, afterPrefix, groupPrefix, readAddressBytes, readUnsigned, unsigned } from '../../state/row.ts';
import { SECTION_EXPIRY } from '../../store/key-layout.ts';

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

/** When the row of an entry is due that expires at `deadline`; `hash` spreads entries over such times. */
export function entryDue(deadline: number, slackMs: number, hash: number): number {
  const phase = (hash >>> 0) % slackMs;
  return dueOf(Math.ceil((deadline - phase) / slackMs) * slackMs + phase);
}

/** `addressEnd` is where in the key of the entry's row its address ends. */
export function entryExpiryKey(due: number, rowKey: string, addressEnd: number): string {
  const head = groupPrefix(SECTION_EXPIRY, readUnsigned(rowKey, 0, GROUP_BYTES - 1)) + unsigned(due, DUE_BYTES);
  return head + rowKey.slice(GROUP_BYTES, addressEnd) + rowKey[GROUP_BYTES - 1] + rowKey.slice(addressEnd);
}

/** All rows of a key group. */
export function expiryGroupRange(keyGroup: number): { readonly from: string; readonly before: string } {
  const from = groupPrefix(SECTION_EXPIRY, keyGroup);
  return { from, before: afterPrefix(from) };
}

/** `rowKey` is that of the entry's row, if it is an entry that expires. */
export function readExpiryKey(key: string): { due: number; type: string; id: string; rowKey: string | undefined } {
  const start = GROUP_BYTES + DUE_BYTES;
  const { type, id, end } = readAddressBytes(key, start);
  const isEntry = end < key.length;
  const rowKey = isEntry
    ? key.slice(0, GROUP_BYTES - 1) + key[end] + key.slice(start, end) + key.slice(end + 1)
    : undefined;
  return { due: readUnsigned(key, GROUP_BYTES, DUE_BYTES), type, id, rowKey };
}
