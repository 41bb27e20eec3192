/**
 * When recurring timers are due again, whatever has been missed. It keeps the schedules that it has read, since reading
 * one takes long; a shard has one of these.
 */
import type { Schedule } from '../sdk/timer.ts';
import { CronSchedule } from './cron-schedule.ts';
import { LATE_LATEST, LATE_SKIP, type TimerExtra } from './timer-layout.ts';

/** Schedules that are kept. */
const SCHEDULES_MAX = 1_000;

/** Once a recurring timer has come up. */
export interface Turn {
  /** Whether its message is sent now. */
  readonly isSent: boolean;
  /** Of which of its times that message is. */
  readonly ofMs: number;
  /** When it comes up again, if ever. What its policy leaves out of the times between is not sent. */
  readonly nextMs: number | undefined;
  /** The first of the times that have been left out before the message of now, or else before the next. */
  readonly missedSinceMs: number | undefined;
}

export class Recurrences {
  readonly #schedules = new Map<string, CronSchedule>();

  /** Throws `INVALID_TIMER`. */
  of({ cron, timeZone = 'UTC' }: Schedule): CronSchedule {
    const name = `${timeZone} ${cron}`;
    let schedule = this.#schedules.get(name);
    if (schedule === undefined) {
      schedule = new CronSchedule(cron, timeZone);
      if (this.#schedules.size >= SCHEDULES_MAX) this.#schedules.clear();
      this.#schedules.set(name, schedule);
    }
    return schedule;
  }

  /** What comes of a recurring timer that was due then and comes up now. */
  turn(timing: Schedule, { late, toleranceMs = 0, missedSinceMs }: TimerExtra, dueMs: number, nowMs: number): Turn {
    const schedule = this.of(timing);
    if (late === LATE_LATEST) {
      const newestMs = schedule.latest(dueMs, nowMs);
      return {
        isSent: true,
        ofMs: newestMs,
        nextMs: schedule.next(newestMs),
        missedSinceMs: newestMs > dueMs ? dueMs : undefined,
      };
    }
    const isSent = late !== LATE_SKIP || nowMs - dueMs <= toleranceMs;
    const nextMs = schedule.next(late === LATE_SKIP ? Math.max(dueMs, nowMs - toleranceMs - 1) : dueMs);
    return { isSent, ofMs: dueMs, nextMs, missedSinceMs: missedSinceMs ?? (isSent ? undefined : dueMs) };
  }
}
