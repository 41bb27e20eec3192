/**
 * The rows of delayed messages: the timers of a key group in the order in which they are due, and two indexes, one by the
 * address that has sent them and one by token. A *stamp* names a timer: when it is due, and behind that the epoch and a
 * counter, which say in which order those of one millisecond were made. Epochs only grow, over restarts, too (I8), so no
 * stamp is used twice.
 *
 * ```
 *   stamp:    │ due, ms since 1970 (48 BE) │ epoch (48 BE) │ counter (40 BE) │
 *   timer:    │ key group (16) │ section TIMER │ stamp │                                  value: TimerRow
 *   hint:     │ key group (16) │ section TIMER │                                          value: true
 *   owner:    │ key group (16) │ section TIMER_OF │ address of the sender │ stamp │       value: true
 *   token:    │ key group (16) │ section TIMER_OF │ address of '' and id  │ token, UTF-8 │ value: the stamp
 * ```
 *
 * The hint says that the key group may hold timers, so that a start need not look into every one. A timer whose owner row
 * is gone was deleted with its address; it is dropped when it is due. Tokens belong to the id, whatever the function, as
 * in StateFun; no function type is empty, so they are in nobody's way.
 */
import { keyGroupOfHash } from '../keys/key-group.ts';
import type { Schedule } from '../sdk/timer.ts';
import { addressBytes, groupPrefix, readUnsigned, rowPrefix, unsigned, utf8 } from '../state/row.ts';
import { SECTION_TIMER, SECTION_TIMER_OF } from '../store/key-layout.ts';
import type { MessageMeta } from '../wire/message-meta.ts';

const GROUP_HEAD_BYTES = 3;
const DUE_BYTES = 6;
/** The length of a timer's key. */
export const TIMER_KEY_BYTES = 20;
const WORD = 2 ** 32;
/** What a key can hold: a date in the year 10889. */
export const DUE_MS_MAX: number = 2 ** (8 * DUE_BYTES) - 1;

/** What happens to what is late, because nobody was there when it was due. */
export const LATE_ALL = 0;
export const LATE_LATEST = 1;
export const LATE_SKIP = 2;

/** What stands at each place of a timer's row. */
export const AT_SENDER_TYPE = 0;
export const AT_SENDER_ID = 1;
/** Null for none. */
export const AT_TOKEN = 2;
export const AT_TARGET_TYPE = 3;
export const AT_TARGET_ID = 4;
export const AT_MESSAGE = 5;
/** How the message must be encoded. */
export const AT_FORM = 6;
export const AT_EXTRA = 7;

/** What few timers have. */
export interface TimerExtra {
  readonly late?: number;
  readonly toleranceMs?: number;
  /** For a recurring one. */
  readonly schedule?: Schedule;
  /** Of a recurring one: the first of the times that were left out before the next. */
  readonly missedSinceMs?: number;
  /** What travels with the message. */
  readonly meta?: MessageMeta;
}

export type TimerRow = readonly [
  senderType: string,
  senderId: string,
  token: string | null,
  targetType: string,
  targetId: string,
  message: unknown,
  form: number,
  extra?: TimerExtra,
];

/** Greater than all stamps of the same due time whose epoch is less, or the same with a lesser counter. */
export function stampOf(dueMs: number, epoch: number, counter: number): string {
  // In one go, since a checkpoint makes many of them.
  const [dueHigh, due] = [dueMs / WORD, dueMs >>> 0];
  const [epochHigh, low] = [epoch / WORD, epoch >>> 0];
  const [top, count] = [counter / WORD, counter >>> 0];
  // biome-ignore format: a line for each number
  return String.fromCharCode(
    (dueHigh >>> 8) & 0xff, dueHigh & 0xff, due >>> 24, (due >>> 16) & 0xff, (due >>> 8) & 0xff, due & 0xff,
    (epochHigh >>> 8) & 0xff, epochHigh & 0xff, low >>> 24, (low >>> 16) & 0xff, (low >>> 8) & 0xff, low & 0xff,
    top & 0xff, count >>> 24, (count >>> 16) & 0xff, (count >>> 8) & 0xff, count & 0xff,
  );
}

/**
 * What all stamps begin with that are due then; less than those, and greater than all that are due earlier. A clock may
 * be so wrong that it shows a time before 1970; then is 1970.
 */
export function dueBytes(dueMs: number): string {
  return unsigned(Math.max(0, dueMs), DUE_BYTES);
}

export function dueOfStamp(stamp: string): number {
  return readUnsigned(stamp, 0, DUE_BYTES);
}

export function timerKey(keyGroup: number, stamp: string): string {
  return hintKey(keyGroup) + stamp;
}

/** What the keys of all timers of a key group begin with. */
export function hintKey(keyGroup: number): string {
  return groupPrefix(SECTION_TIMER, keyGroup);
}

/** Whether a key that begins so is that of a timer: not the hint. */
export function isTimerKey(key: string): boolean {
  return key.length === TIMER_KEY_BYTES;
}

/** Whether this is the key of one of a timer's rows that no other timer ever has: not the hint, and not a token. */
export function isUsedOnce(key: string): boolean {
  const section = key.charCodeAt(GROUP_HEAD_BYTES - 1);
  if (section === SECTION_TIMER) return isTimerKey(key);
  // Tokens are under an address without a type.
  return section === SECTION_TIMER_OF && readUnsigned(key, GROUP_HEAD_BYTES, 2) > 0;
}

export function stampOfTimer(key: string): string {
  return key.slice(GROUP_HEAD_BYTES);
}

export function keyGroupOfTimer(key: string): number {
  return readUnsigned(key, 0, 2);
}

/** What the keys of the owner rows of an address begin with. */
export function ownerPrefix(type: string, hash: number, id: string): string {
  return rowPrefix(SECTION_TIMER_OF, type, hash, id);
}

/** The owner row of a timer, by the timer's key. */
export function ownerKey(key: string, row: TimerRow): string {
  return ownerKeyOf(keyGroupOfTimer(key), row, stampOfTimer(key));
}

export function ownerKeyOf(keyGroup: number, row: TimerRow, stamp: string): string {
  const prefix = groupPrefix(SECTION_TIMER_OF, keyGroup);
  return prefix + addressBytes(row[AT_SENDER_TYPE], row[AT_SENDER_ID]) + stamp;
}

export function tokenKey(hash: number, id: string, token: string): string {
  return tokenKeyIn(keyGroupOfHash(hash), id, token);
}

export function tokenKeyIn(keyGroup: number, id: string, token: string): string {
  return groupPrefix(SECTION_TIMER_OF, keyGroup) + addressBytes('', id) + utf8(token);
}
