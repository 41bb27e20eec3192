/**
 * Dead letters as a program sees them: messages that could not be handled, with all that is known of the failure; what
 * selects some of them; and the event that tells of a new one. Where they lie is the shards' business.
 */
import type { Address } from './address.ts';
import { describe, MillraceError } from './errors.ts';
import { checkFields, namesOf } from './known-fields.ts';

/** What was thrown, as plain data. Long texts are cut off. */
export interface DeadLetterError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  /** Of an error that has one, such as a `MillraceError` or one of Node's. */
  readonly code?: string;
}

export interface DeadLetter {
  /** Names this dead letter for `redrive`, `edit` and `drop`. */
  readonly id: string;
  /** The address that the message was for. */
  readonly target: Address;
  /** Who sent it; undefined if it came from outside. */
  readonly source: Address | undefined;
  readonly message: unknown;
  readonly error: DeadLetterError;
  /** How often it was tried. */
  readonly attempts: number;
  /** When the first and the last attempt failed, in milliseconds since 1970. */
  readonly firstFailedAt: number;
  readonly failedAt: number;
}

/**
 * Selects dead letters; without any field, all. In a pattern `*` stands for any characters and `?` for any single one;
 * `\*`, `\?` and `\\` stand for those characters themselves.
 */
export interface DeadLetterFilter {
  /** Pattern for the function type of the target, such as `'shop/*'`. */
  readonly type?: string;
  /** Pattern for the id of the target. */
  readonly id?: string;
  /** Pattern for the name, the code or the whole message of the error. */
  readonly error?: string;
  /** Those that failed at this moment or later: milliseconds since 1970, or a date. */
  readonly from?: number | Date;
  /** Those that failed before this moment. */
  readonly to?: number | Date;
}

/** An address that takes no messages, since its function parks those whose messages fail. */
export interface ParkedAddressInfo {
  readonly address: Address;
  /** The message that failed; it is the first of those that wait. */
  readonly message: unknown;
  readonly error: DeadLetterError;
  readonly attempts: number;
  /** In milliseconds since 1970. */
  readonly parkedAt: number;
  /** How many messages wait, with the one that failed. */
  readonly waiting: number;
}

/** What a function or an egress that is named in `onQuarantine` gets, once for each dead letter and each parked address. */
export interface QuarantineEvent {
  readonly kind: 'dead-letter' | 'parked';
  /** The address whose invocation failed. */
  readonly address: Address;
  /** The id of the dead letter; none when the address was parked. */
  readonly deadLetter?: string;
  readonly error: DeadLetterError;
  readonly attempts: number;
  readonly failedAt: number;
}

/** A filter as it travels: checked, and of nothing but strings and numbers. */
export interface PortableFilter {
  readonly type: string;
  readonly id: string;
  readonly error: string;
  readonly from: number;
  readonly to: number;
}

const FILTER_FIELDS = namesOf<DeadLetterFilter>('type', 'id', 'error', 'from', 'to');

/**
 * What selects by nothing that we know would select all: a misspelt field, or what was meant for a list of ids, such as
 * the loop that `list` gives.
 */
function checkFilter(filter: object): void {
  checkFields('INVALID_FILTER', 'A filter', filter, FILTER_FIELDS);
  if (!(Symbol.asyncIterator in filter) && !('then' in filter)) return;
  throw new MillraceError('INVALID_FILTER', `${describe(filter)} is no filter; ids come in an array.`);
}

/** Throws `INVALID_FILTER`. */
export function portableFilter(filter: DeadLetterFilter): PortableFilter {
  checkFilter(filter);
  const text = (name: 'type' | 'id' | 'error'): string => {
    const pattern = filter[name] ?? '*';
    if (typeof pattern === 'string') return pattern;
    throw new MillraceError('INVALID_FILTER', `The filter's ${name} is ${describe(pattern)}, not a string.`);
  };
  const time = (name: 'from' | 'to', byDefault: number): number => {
    const moment = Number(filter[name] ?? byDefault);
    if (!Number.isNaN(moment)) return Math.min(Math.max(moment, 0), Number.MAX_SAFE_INTEGER);
    throw new MillraceError('INVALID_FILTER', `The filter's ${name} is ${describe(filter[name])}, no moment.`);
  };
  return {
    type: text('type'),
    id: text('id'),
    error: text('error'),
    from: time('from', 0),
    to: time('to', Number.MAX_SAFE_INTEGER),
  };
}

/** What a pattern is made of: wildcards, characters that are escaped, and all others. */
const PATTERN_PARTS = /\*+|\?|\\[*?\\]|[^]/g;

/** Whether a text is what a pattern says. */
export function patternTest(pattern: string): (text: string) => boolean {
  if (/^\*+$/.test(pattern)) return () => true;
  if (!/[*?\\]/.test(pattern)) return (text) => text === pattern;
  const source = pattern.replaceAll(PATTERN_PARTS, (part) => {
    if (part.startsWith('*')) return '.*';
    if (part === '?') return '.';
    return part.slice(-1).replace(/[\\^$.*+?()[\]{}|/-]/, String.raw`\$&`);
  });
  const expression = new RegExp(`^${source}$`, 's');
  return (text) => expression.test(text);
}

/** Whether this text is a pattern, or could be meant as one. */
export function isPattern(text: string): boolean {
  return /[*?\\]/.test(text);
}
