/**
 * Delayed messages and schedules as programs speak of them. A timer belongs to the address that has set it, is as durable
 * as state, and becomes a message from that address when it is due.
 */
import type { Address } from './address.ts';
import type { Duration } from './duration.ts';
import { describe, MillraceError } from './errors.ts';
import { checkFields, namesOf } from './known-fields.ts';
import type { MessageOptions } from './message-options.ts';

/** What becomes of timers that were due while the engine was down, or behind: see `TimerOptions.late`. */
export type LatePolicy = 'all' | 'latest' | 'skip';

export interface TimerOptions extends MessageOptions {
  /**
   * A name by which `ctx.cancel` finds it: 1 to 256 characters. Names belong to the sender's *id*, over all its function
   * types, as in StateFun; one that is pending cannot be given again (`DUPLICATE_TOKEN`). After the last delivery, or
   * `cancel`, it is free.
   */
  readonly token?: string | undefined;
  /**
   * - `'all'` (default of `sendAfter`): delivered however late it is; of a schedule, every occurrence that was missed.
   * - `'latest'` (default of `schedule`): of all occurrences that were missed only the newest. As `'all'` for one message.
   * - `'skip'`: what is later than `tolerance` is not delivered; a schedule goes on with what is not.
   */
  readonly late?: LatePolicy | undefined;
  /** For `'skip'`; one minute by default. */
  readonly tolerance?: Duration | undefined;
}

/** When a recurring message is due. */
export interface Schedule {
  /**
   * Five fields (minute, hour, day of the month, month, day of the week), six with seconds before them, or seven with
   * years behind; or `@hourly`, `@daily` and so on. `'0 7 * * 1'` is every Monday at seven.
   *
   * Where clocks are set: if the hour field begins with `*`, it goes by what the clocks show, every time they show it;
   * otherwise each time of day happens once, the first time if it comes twice, and as much later as the clocks were set
   * forward if it is left out.
   */
  readonly cron: string;
  /** An IANA name such as `'Europe/Berlin'`; UTC by default. */
  readonly timeZone?: string | undefined;
}

/** Times of a schedule for which no message came, in milliseconds since 1970. */
export interface MissedTimes {
  /** The first of them. */
  readonly since: number;
  /** The time that the message is of, which comes next behind the last of them. */
  readonly before: number;
}

/** A timer that is pending, as `ctx.timers()` lists it. */
export interface PendingTimer {
  readonly token: string | undefined;
  /** Milliseconds since 1970; of a schedule, the next time. */
  readonly due: number;
  readonly target: Address;
  /** Of a recurring one. */
  readonly schedule: Schedule | undefined;
}

export const TOKEN_LENGTH_MAX = 256;

export const TIMER_OPTIONS: ReadonlySet<string> = namesOf<TimerOptions>('ifExists', 'token', 'late', 'tolerance');
const SCHEDULE_FIELDS = namesOf<Schedule>('cron', 'timeZone');

/** Throws `INVALID_TIMER` for a field that no schedule has: a misspelt `timeZone` would be UTC. */
export function checkSchedule(schedule: Schedule): void {
  checkFields('INVALID_TIMER', 'A schedule', schedule, SCHEDULE_FIELDS);
}

/** Returns `token` when it may be one, else throws `INVALID_TIMER`. */
export function checkToken(token: unknown): string {
  if (typeof token === 'string' && token.length > 0 && token.length <= TOKEN_LENGTH_MAX && token.isWellFormed()) {
    return token;
  }
  const what = `The token ${describe(token)} is not allowed: a token is a string of 1 to ${TOKEN_LENGTH_MAX} characters.`;
  throw new MillraceError('INVALID_TIMER', what);
}
