/**
 * Sends the message of a timer that is due: it becomes an effect of its shard, as if its sender had sent it now.
 */
import type { Address } from '../../sdk/address.ts';
import type { MissedTimes } from '../../sdk/timer.ts';
import {
  AT_EXTRA,
  AT_FORM,
  AT_SENDER_ID,
  AT_SENDER_TYPE,
  AT_TARGET_ID,
  AT_TARGET_TYPE,
  type TimerRow,
} from '../../timers/timer-layout.ts';
import { TYPE_ASKER, TYPE_NONE, TYPE_UNKNOWN } from '../../wire/envelope-layout.ts';
import { ASKER_TYPE, type Directory } from '../function-binding.ts';
import type { Effects } from '../invocation/effects.ts';

export interface SendingPlace {
  readonly directory: Directory;
  readonly effects: Effects;
}

/**
 * `message` is that of the row, or a copy where the row stays; `missed` says which times of a schedule were left out
 * before it.
 */
export function sendTimer(
  { directory, effects }: SendingPlace,
  row: TimerRow,
  message: unknown,
  missed?: MissedTimes,
): void {
  const targetType = row[AT_TARGET_TYPE];
  const target = directory.findFunction(targetType) ?? (targetType === ASKER_TYPE ? TYPE_ASKER : TYPE_UNKNOWN);
  // A sender that the module no longer has cannot be answered; it counts as nobody.
  const sender = directory.findFunction(row[AT_SENDER_TYPE]) ?? TYPE_NONE;
  const senderId = sender === TYPE_NONE ? '' : row[AT_SENDER_ID];
  let meta = row[AT_EXTRA]?.meta;
  if (missed !== undefined) meta = { ...meta, missed };
  // Where it is delivered it is found that nobody has that type, and it becomes a dead letter.
  if (target === TYPE_UNKNOWN) meta = { ...meta, to: targetType, ...(sender === TYPE_NONE && { from: senderOf(row) }) };
  effects.addAdmitted(target, row[AT_TARGET_ID], message, sender, senderId, row[AT_FORM], meta);
}

/** The row of a recurring timer that is set anew, with the first of the times that were left out before it. */
export function withMissed(row: TimerRow, missedSinceMs: number | undefined): TimerRow {
  const [senderType, senderId, token, targetType, targetId, message, form, { missedSinceMs: known, ...extra } = {}] =
    row;
  if (known === missedSinceMs) return row;
  const changed = missedSinceMs === undefined ? extra : { ...extra, missedSinceMs };
  return [senderType, senderId, token, targetType, targetId, message, form, changed];
}

function senderOf(row: TimerRow): Address {
  return { type: row[AT_SENDER_TYPE], id: row[AT_SENDER_ID] };
}
