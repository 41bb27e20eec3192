/**
 * What a function wants to happen when an invocation throws: how often its message is tried, how long it waits in
 * between, and what becomes of it then. Part of a function's definition; the shard carries it out.
 */
import { describe, MillraceError } from './errors.ts';
import { checkFields, namesOf } from './known-fields.ts';

/** The pauses between attempts: `initialMs`, then `factor` times as long each time, up to `maxMs`. */
export interface Backoff {
  /** Before the second attempt, in milliseconds; default 100. */
  readonly initialMs?: number;
  /** Default 2. */
  readonly factor?: number;
  /** No pause is longer, in milliseconds; default 60,000. */
  readonly maxMs?: number;
  /**
   * How much of a pause is left to chance, from 0 to 1, so that what failed together is not tried again together;
   * default 0.5: a pause takes from half its length to all of it.
   */
  readonly jitter?: number;
}

/**
 * StateFun knows no such thing: there a function that throws restarts the job, and the message comes again for ever.
 */
export interface FailurePolicy {
  /**
   * How often a message is tried in all; default 1. Until the last attempt nothing is reported, its address is busy, and
   * later messages to it wait in order; no other address waits. A checkpoint remembers how often it was tried.
   */
  readonly attempts?: number;
  readonly backoff?: Backoff;
  /**
   * After the last attempt:
   * - `'dead-letter'` (default): the message goes to the dead letters, and the address goes on with the next one.
   * - `'park'`: the address takes no more messages until `engine.parked.unpark` lets it go on; they wait in order.
   * - `'stop'`: the engine fails with `FUNCTION_FAILED`. Nothing of the message has happened; a later start tries it again.
   */
  readonly otherwise?: 'dead-letter' | 'park' | 'stop';
  /** How many messages may wait for a parked address; further ones become dead letters. Default 10,000. */
  readonly parkedCountMax?: number;
}

export type FilledFailurePolicy = Required<Omit<FailurePolicy, 'backoff'>> & { readonly backoff: Required<Backoff> };

const FIELDS = namesOf<FailurePolicy>('attempts', 'backoff', 'otherwise', 'parkedCountMax');
const BACKOFF_FIELDS = namesOf<Backoff>('initialMs', 'factor', 'maxMs', 'jitter');
const OTHERWISE: readonly unknown[] = ['dead-letter', 'park', 'stop'];
/** A year. */
const PAUSE_MS_MAX = 366 * 24 * 3_600_000;

/** Fills in defaults. Throws `INVALID_DEFINITION`. */
export function fillFailurePolicy(type: string, policy: FailurePolicy = {}): FilledFailurePolicy {
  const what = `${type}: failure`;
  checkFields('INVALID_DEFINITION', what, policy, FIELDS);
  const { attempts = 1, otherwise = 'dead-letter', parkedCountMax = 10_000 } = policy;
  check(what, 'attempts', attempts, Number.isSafeInteger(attempts) && attempts >= 1, 'a whole number from 1');
  check(what, 'otherwise', otherwise, OTHERWISE.includes(otherwise), "'dead-letter', 'park' or 'stop'");
  const isCount = Number.isSafeInteger(parkedCountMax) && parkedCountMax > 0;
  check(what, 'parkedCountMax', parkedCountMax, isCount, 'a whole number from 1');
  return Object.freeze({
    attempts,
    otherwise,
    parkedCountMax,
    backoff: fillBackoff(`${what}.backoff`, policy.backoff),
  });
}

/** The same of pauses, whatever they lie between. */
export function fillBackoff(what: string, backoff: Backoff = {}): Required<Backoff> {
  checkFields('INVALID_DEFINITION', what, backoff, BACKOFF_FIELDS);
  const { initialMs = 100, factor = 2, maxMs = 60_000, jitter = 0.5 } = backoff;
  const checkWithin = (name: string, value: number, min: number, max: number, allowed: string): void =>
    check(what, name, value, typeof value === 'number' && value >= min && value <= max, allowed);
  checkWithin('initialMs', initialMs, 0, PAUSE_MS_MAX, 'milliseconds up to a year');
  checkWithin('factor', factor, 1, 1_000, 'a number from 1 to 1,000');
  checkWithin('maxMs', maxMs, 0, PAUSE_MS_MAX, 'milliseconds up to a year');
  checkWithin('jitter', jitter, 0, 1, 'a number from 0 to 1');
  return { initialMs, factor, maxMs, jitter };
}

function check(what: string, name: string, given: unknown, isValid: boolean, allowed: string): void {
  if (isValid) return;
  throw new MillraceError('INVALID_DEFINITION', `${what}.${name} is ${describe(given)}; allowed is ${allowed}.`);
}
