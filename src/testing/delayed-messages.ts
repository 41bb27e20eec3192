/**
 * Delayed messages that are pending, read off their rows, for tests to look at.
 */
import type { Address } from '../sdk/address.ts';
import type { FunctionType } from '../sdk/function.ts';
import { SECTION_TIMER } from '../store/key-layout.ts';
import {
  AT_MESSAGE,
  AT_SENDER_ID,
  AT_SENDER_TYPE,
  AT_TARGET_ID,
  AT_TARGET_TYPE,
  AT_TOKEN,
  dueOfStamp,
  ownerKey,
  stampOfTimer,
  type TimerRow,
} from '../timers/timer-layout.ts';

/** A message that waits for its time. */
export interface DelayedMessage<Message> {
  /** Of whom it is for. */
  readonly id: string;
  readonly message: Message;
  /** Who has sent it. */
  readonly caller: Address;
  /** When it is due, in milliseconds since 1970; of a schedule, the next time. */
  readonly due: number;
  readonly token: string | undefined;
}

const SECTION_AT = 2;

/** Those for one function, by when they are due. */
export function delayedMessages(
  rows: ReadonlyMap<string, unknown>,
  target: string | FunctionType<never>,
): DelayedMessage<unknown>[] {
  const type = typeof target === 'string' ? target : target.type;
  const found: DelayedMessage<unknown>[] = [];
  for (const [key, value] of rows) {
    // Of the rows of this section, the hint of a key group has no stamp.
    if (key.charCodeAt(SECTION_AT) !== SECTION_TIMER || stampOfTimer(key) === '') continue;
    const row = value as TimerRow;
    // One without an owner was deleted with its address.
    if (row[AT_TARGET_TYPE] !== type || !rows.has(ownerKey(key, row))) continue;
    found.push({
      id: row[AT_TARGET_ID],
      message: row[AT_MESSAGE],
      caller: { type: row[AT_SENDER_TYPE], id: row[AT_SENDER_ID] },
      due: dueOfStamp(stampOfTimer(key)),
      token: row[AT_TOKEN] ?? undefined,
    });
  }
  return found.sort((one, other) => one.due - other.due);
}
