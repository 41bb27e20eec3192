/**
 * Durations as programs write them: a number of milliseconds, or a text such as `'90 s'`, `'30 days'` or `'1h 30m'`. A
 * day is 24 hours; there are no months and years, whose length depends on when they begin.
 */
import { describe, MillraceError } from './errors.ts';

/** Milliseconds, or an amount and a unit, such as `'500 ms'`, `'15 minutes'`, `'30 days'`, or several: `'1h 30m'`. */
export type Duration = number | string;

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const UNITS: ReadonlyMap<string, number> = new Map(
  Object.entries({
    ms: 1,
    millisecond: 1,
    milliseconds: 1,
    s: SECOND,
    second: SECOND,
    seconds: SECOND,
    m: MINUTE,
    min: MINUTE,
    minute: MINUTE,
    minutes: MINUTE,
    h: HOUR,
    hour: HOUR,
    hours: HOUR,
    d: DAY,
    day: DAY,
    days: DAY,
    w: 7 * DAY,
    week: 7 * DAY,
    weeks: 7 * DAY,
  }),
);

const PART = /\s*(\d+(?:\.\d+)?)\s*([a-z]+)/gy;

/**
 * Milliseconds of a duration, a whole number: parts of a millisecond are rounded up, so that nothing is early. Undefined
 * for what is no duration: a negative number, one without an end, or a text that is not understood.
 */
export function readDuration(duration: unknown): number | undefined {
  const ms = typeof duration === 'string' ? readText(duration) : duration;
  return typeof ms === 'number' && ms >= 0 && ms <= Number.MAX_SAFE_INTEGER ? Math.ceil(ms) : undefined;
}

function readText(text: string): number | undefined {
  let ms = 0;
  let end = 0;
  for (const [part, amount, unit] of text.matchAll(PART)) {
    const unitMs = UNITS.get(unit);
    if (unitMs === undefined) return undefined;
    ms += Number(amount) * unitMs;
    end += part.length;
  }
  return end > 0 && text.slice(end).trim() === '' ? ms : undefined;
}

/** The same for a definition: throws `INVALID_DEFINITION`, saying for `what` it is. */
export function durationMs(duration: unknown, what: string): number {
  const ms = readDuration(duration);
  if (ms !== undefined) return ms;
  throw new MillraceError(
    'INVALID_DEFINITION',
    `${what} must be a number of milliseconds, not negative, or a text such as "30 days", not ${describe(duration)}.`,
  );
}
