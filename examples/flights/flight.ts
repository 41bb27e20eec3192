/**
 * One flight as the file has it, and the check that a record from elsewhere is one. The check runs once per record on
 * the thread that takes the records in, so it is plain comparisons.
 */

export interface Flight {
  /** When it left: `YYYY/MM/DD HH:MM`, local time. */
  readonly date: string;
  /** How late it arrived, in minutes; negative when early. */
  readonly delay: number;
  /** In miles. */
  readonly distance: number;
  /** The code of the airport it left. */
  readonly origin: string;
  readonly destination: string;
}

const DATE_LENGTH = 'YYYY/MM/DD HH:MM'.length;
const HOUR_AT = 'YYYY/MM/DD '.length;
const CODE_LENGTH_MAX = 8;
const ZERO = '0'.charCodeAt(0);

/** The hour of the day, 0 to 23; something else if there is none where it should be. */
export function hourOf(date: string): number {
  return (date.charCodeAt(HOUR_AT) - ZERO) * 10 + (date.charCodeAt(HOUR_AT + 1) - ZERO);
}

function isCode(value: unknown): boolean {
  return typeof value === 'string' && value.length > 0 && value.length <= CODE_LENGTH_MAX && value.isWellFormed();
}

export function isFlight(record: unknown): record is Flight {
  if (typeof record !== 'object' || record === null) return false;
  const { date, delay, distance, origin, destination } = record as Partial<Flight>;
  if (typeof date !== 'string' || date.length !== DATE_LENGTH) return false;
  const hour = hourOf(date);
  if (!(hour >= 0 && hour < 24)) return false;
  return Number.isSafeInteger(delay) && Number.isSafeInteger(distance) && isCode(origin) && isCode(destination);
}
