/**
 * Durations as people write them in tests: `'30 days'`, `'1.5 h'`, `250`.
 */
import { assert } from '../base/assert.ts';
import { describe } from '../sdk/errors.ts';

/** Milliseconds, or a number with a unit, such as `'30 days'`, `'1.5 h'`, `'90 min'`, `'10 s'` or `'5 ms'`. */
export type Duration = number | string;

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  min: 60_000,
  h: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
};
/** Other ways to say it, without the plural s. */
const SYNONYMS: Readonly<Record<string, string>> = {
  millisecond: 'ms',
  sec: 's',
  second: 's',
  m: 'min',
  minute: 'min',
  hour: 'h',
  hr: 'h',
  d: 'day',
  w: 'week',
};

/** In milliseconds. Anything that is no duration is a mistake of the test. */
export function durationMs(duration: Duration): number {
  const ms = typeof duration === 'string' ? parse(duration) : duration;
  const isDuration = Number.isFinite(ms) && ms >= 0;
  assert(isDuration, `${describe(duration)} is not a duration: give milliseconds, or text such as '30 days' or '5 s'`);
  return ms;
}

function parse(text: string): number {
  const [, amount = '', unit = ''] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*$/i.exec(text) ?? [];
  return Number(amount || Number.NaN) * (unitMs(unit.toLowerCase()) ?? Number.NaN);
}

function unitMs(unit: string): number | undefined {
  const singular = unit.length > 2 && unit.endsWith('s') ? unit.slice(0, -1) : unit;
  return UNIT_MS[SYNONYMS[singular] ?? singular] ?? UNIT_MS[unit];
}

/** A point of virtual time for people: seconds since the beginning, with days in front once there are any. */
export function sinceText(ms: number): string {
  const days = Math.floor(ms / UNIT_MS['day']);
  const seconds = ((ms - days * UNIT_MS['day']) / 1000).toFixed(3);
  return days === 0 ? `${seconds} s` : `${days} d ${seconds} s`;
}
