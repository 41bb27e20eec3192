/**
 * Schedules that are due and cannot be read: newer code, another Node or other rules of time zones do not know any more
 * what older ones have taken. Such a schedule stays as it is, pending under its token, and is looked at again; listeners
 * are told each time. It never fails its shard.
 */
import { describe, MillraceError } from '../../sdk/errors.ts';
import type { Recurrences } from '../../timers/recurrences.ts';
import { AT_EXTRA, AT_SENDER_ID, AT_SENDER_TYPE, AT_TOKEN, type TimerRow } from '../../timers/timer-layout.ts';
import { KIND_FAILURE, TYPE_NONE, TYPE_UNKNOWN } from '../../wire/envelope-layout.ts';
import { failureOf } from '../failing/failure.ts';
import type { Effects } from '../invocation/effects.ts';

/** When one is looked at again. */
export const UNREAD_RETRY_MS = 86_400_000;

/** Why it cannot be said when this timer comes again; undefined if it can, and for what comes once. */
export function unreadReason(row: TimerRow, recurrences: Recurrences): string | undefined {
  const schedule = row[AT_EXTRA]?.schedule;
  if (schedule === undefined) return undefined;
  try {
    recurrences.of(schedule);
    return undefined;
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause);
  }
}

export function tellOfUnread(row: TimerRow, reason: string, effects: Effects): void {
  const [type, id, token] = [row[AT_SENDER_TYPE], row[AT_SENDER_ID], row[AT_TOKEN]];
  const details = { type, id, ...row[AT_EXTRA]?.schedule, ...(token !== null && { token }) };
  const error = new MillraceError('INVALID_TIMER', `A schedule of ${type} ${describe(id)}: ${reason}`, { details });
  effects.addForCoordinator(KIND_FAILURE, TYPE_NONE, '', failureOf(error), TYPE_UNKNOWN, id);
}
