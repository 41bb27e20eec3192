/**
 * The timers of a committed cut, read off its rows; and whether their indexes agree with them.
 */
import { hashId } from '../../src/keys/id-hash.ts';
import { SECTION_TIMER, SECTION_TIMER_OF } from '../../src/store/key-layout.ts';
import { check } from '../../src/testing/violation.ts';
import {
  AT_MESSAGE,
  AT_SENDER_ID,
  AT_TOKEN,
  dueOfStamp,
  ownerKey,
  stampOfTimer,
  type TimerRow,
  tokenKey,
} from '../../src/timers/timer-layout.ts';

export interface PendingRow {
  readonly dueMs: number;
  readonly row: TimerRow;
}

function uidOfMessage(message: unknown): number {
  return (message as { readonly uid: number }).uid;
}

/** Those that are pending, by the `uid` in their messages. */
export function timersOf(rows: ReadonlyMap<string, unknown>, uidOf = uidOfMessage): Map<number, PendingRow> {
  const timers = new Map<number, PendingRow>();
  let ownerCount = 0;
  for (const [key, value] of rows) {
    if (sectionOf(key) === SECTION_TIMER_OF && value === true) ownerCount++;
    if (sectionOf(key) !== SECTION_TIMER || stampOfTimer(key) === '') continue;
    const row = value as TimerRow;
    // Deleted with its address, and to be dropped when it is due.
    if (!rows.has(ownerKey(key, row))) continue;
    const uid = uidOf(row[AT_MESSAGE]);
    check(!timers.has(uid), () => `timer ${uid} is pending twice (I6)`);
    timers.set(uid, { dueMs: dueOfStamp(stampOfTimer(key)), row });
    ownerCount--;
    checkToken(rows, key, row);
  }
  check(ownerCount === 0, () => `${ownerCount} owner rows without a timer`);
  return timers;
}

function checkToken(rows: ReadonlyMap<string, unknown>, key: string, row: TimerRow): void {
  const token = row[AT_TOKEN];
  if (token === null) return;
  const id = row[AT_SENDER_ID];
  const stamp = rows.get(tokenKey(hashId(id), id, token));
  check(stamp === stampOfTimer(key), () => `the token ${token} does not lead to its timer`);
}

function sectionOf(key: string): number {
  return key.charCodeAt(2);
}
