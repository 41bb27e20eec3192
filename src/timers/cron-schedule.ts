/**
 * Recurring times: a cron pattern in a time zone, and the only file that knows which package reads cron patterns. The
 * package is asked in plain local time, without time zones; what local times mean where clocks are set is decided here,
 * so that it is known:
 *
 * - A pattern whose hour field is `*` (or begins so, as in `* / 2`) is about intervals: it goes by what the clocks show,
 *   each time they show it. An hour that comes twice has its times twice; one that is left out has none.
 * - Any other pattern names times of the day: each of them happens once. One that comes twice happens the first time; one
 *   that is left out happens as much later as the clocks were set forward (2:30 becomes 3:30), as in calendars (RFC 5545).
 *
 * All times are in milliseconds since 1970. It owns nothing, and never asks what time it is.
 */
import { Cron } from 'croner';
import { describe, MillraceError } from '../sdk/errors.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** Clocks that are set twice within this time are not seen; a month of fasting is the shortest that is known. */
const STEP_MS = 7 * DAY_MS;
/** `?` stands for the time at which a pattern is read, and a colon makes a date of it. */
const ALLOWED = /^[-0-9A-Za-z*/,#+@\s]+$/;
const OFFSET = /^GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/;

interface Segment {
  /** From when on this is the difference between local time and UTC, and what it is. */
  readonly fromMs: number;
  readonly offsetMs: number;
}

export class CronSchedule {
  readonly #cron: Cron;
  readonly #zone: Intl.DateTimeFormat;
  readonly #goesByInterval: boolean;

  /** Throws `INVALID_TIMER`. */
  constructor(pattern: string, timeZone: string) {
    this.#zone = zoneOf(timeZone);
    this.#cron = cronOf(pattern);
    const fields = pattern.trim().split(/\s+/);
    this.#goesByInterval = fields[0] === '@hourly' || fields[fields.length > 5 ? 2 : 1]?.startsWith('*') === true;
  }

  /** The first time after this one; undefined if there is none. */
  next(afterMs: number): number | undefined {
    let segment: Segment = { fromMs: afterMs - DAY_MS, offsetMs: this.#offset(afterMs - DAY_MS) };
    let localFloor = Number.NEGATIVE_INFINITY;
    let best: number | undefined;
    for (;;) {
      const { fromMs, offsetMs } = segment;
      const local = this.#nextLocal(Math.max(afterMs + offsetMs, localFloor - 1));
      if (local === undefined) return best;
      const found = local - offsetMs;
      const change = this.#nextChange(fromMs, offsetMs, best === undefined ? found : Math.min(found, best));
      if (change === undefined) return best === undefined ? found : Math.min(found, best);
      // Up to where local times are those before the change, and from where on those after it.
      const [before, after] = this.#limits(offsetMs, change);
      if (local < before) best = best === undefined ? found : Math.min(found, best);
      segment = change;
      localFloor = after;
    }
  }

  /** The last time that is not after `nowMs`, given one that is not. */
  latest(knownMs: number, nowMs: number): number {
    // Halves the time in which the last one must lie: `next(low)` is not after now, `next(high)` is.
    let [low, high] = [knownMs - 1, nowMs];
    let found = knownMs;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      const next = this.next(middle);
      if (next !== undefined && next <= nowMs) [low, found] = [Math.max(middle, next - 1), next];
      else high = middle;
    }
    return found;
  }

  #limits(offsetMs: number, change: Segment): readonly [before: number, after: number] {
    const [before, after] = [change.fromMs + offsetMs, change.fromMs + change.offsetMs];
    if (this.#goesByInterval) return [before, after];
    return [Math.max(before, after), Math.max(before, after)];
  }

  #nextLocal(afterMs: number): number | undefined {
    return this.#cron.nextRun(new Date(afterMs))?.getTime();
  }

  /** The first time after `fromMs` and not after `untilMs` at which the clocks are set; undefined if there is none. */
  #nextChange(fromMs: number, offsetMs: number, untilMs: number): Segment | undefined {
    for (let start = fromMs; start < untilMs; start += STEP_MS) {
      const end = Math.min(start + STEP_MS, untilMs);
      if (this.#offset(end) !== offsetMs) return this.#changeWithin(start, end, offsetMs);
    }
    return undefined;
  }

  #changeWithin(startMs: number, endMs: number, offsetMs: number): Segment {
    let [low, high] = [startMs, endMs];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.#offset(middle) === offsetMs) low = middle;
      else high = middle;
    }
    return { fromMs: high, offsetMs: this.#offset(high) };
  }

  /** Local time minus UTC. */
  #offset(timeMs: number): number {
    const parts = this.#zone.formatToParts(timeMs);
    const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
    const [, sign, hours = '0', minutes = '0', seconds = '0'] = OFFSET.exec(name) ?? [];
    const ms = (Number(hours) * 60 + Number(minutes)) * MINUTE_MS + Number(seconds) * 1_000;
    return sign === '-' ? -ms : ms;
  }
}

function zoneOf(timeZone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  } catch (cause) {
    const what = `The time zone ${describe(timeZone)} is not known; it is a name such as "Europe/Berlin".`;
    throw new MillraceError('INVALID_TIMER', what, { cause });
  }
}

function cronOf(pattern: string): Cron {
  const explain = (why: string, cause?: unknown): MillraceError => {
    const what = `The cron pattern ${describe(pattern)} is not allowed: ${why}`;
    return new MillraceError('INVALID_TIMER', what, { cause });
  };
  if (typeof pattern !== 'string' || !ALLOWED.test(pattern))
    throw explain('it is five to seven fields, as in "0 7 * * 1".');
  try {
    return new Cron(pattern, { timezone: 'UTC', paused: true });
  } catch (cause) {
    throw explain(cause instanceof Error ? cause.message : String(cause), cause);
  }
}
