/**
 * When recurring timers are due again, whatever has been missed. It keeps the schedules that it has read, since reading
 * one takes long; a shard has one of these.
 */
import type { Schedule } from '../sdk/timer.ts';
import { CronSchedule } from './cron-schedule.ts';
import { LATE_LATEST, LATE_SKIP, type TimerExtra } from './timer-layout.ts';

/** Schedules that are kept. */
const SCHEDULES_MAX = 1_000;

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

  /** The next time of what was due and comes up now. What its policy leaves out of the times between is not sent. */
  next(timing: Schedule, { late, toleranceMs = 0 }: TimerExtra, dueMs: number, nowMs: number): number | undefined {
    const schedule = this.of(timing);
    if (late === LATE_LATEST) return schedule.next(schedule.latest(dueMs, nowMs));
    return schedule.next(late === LATE_SKIP ? Math.max(dueMs, nowMs - toleranceMs - 1) : dueMs);
  }
}
