/**
 * Durations as Flink writes them in a configuration: a whole number and a unit, `10s`, `2 min`, `500`. Not those of our
 * own options: a number without a unit is milliseconds here, and there is one unit only.
 */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** What the amount is multiplied with, or divided by if it is below zero. */
const UNITS: ReadonlyMap<string, number> = new Map([
  ...units(24 * HOUR, 'd', 'day', 'days'),
  ...units(HOUR, 'h', 'hour', 'hours'),
  ...units(MINUTE, 'm', 'min', 'minute', 'minutes'),
  ...units(SECOND, 's', 'sec', 'secs', 'second', 'seconds'),
  ...units(1, '', 'ms', 'milli', 'millis', 'millisecond', 'milliseconds'),
  ...units(-1_000, 'µs', 'micro', 'micros', 'microsecond', 'microseconds'),
  ...units(-1_000_000, 'ns', 'nano', 'nanos', 'nanosecond', 'nanoseconds'),
]);

function units(factor: number, ...names: readonly string[]): readonly (readonly [string, number])[] {
  return names.map((name) => [name, factor] as const);
}

/** Milliseconds, parts of one rounded up; undefined for what is no duration. */
export function readFlinkDuration(text: string): number | undefined {
  const [, amount, unit] = /^\s*(\d{1,19})\s*([a-zµ]*)\s*$/i.exec(text) ?? [];
  const factor = unit === undefined ? undefined : UNITS.get(unit.toLowerCase());
  if (factor === undefined) return undefined;
  const ms = factor > 0 ? Number(amount) * factor : Math.ceil(Number(amount) / -factor);
  return Number.isSafeInteger(ms) ? ms : undefined;
}
