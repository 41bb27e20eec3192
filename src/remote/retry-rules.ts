/**
 * What is tried again, how soon, and how long an attempt may take: the rules of StateFun's two transports, as far as
 * endpoints can tell them apart. Pure; the clock is somebody else's.
 */
import type { Random } from '../base/random.ts';
import type { AttemptOutcome } from './attempt.ts';
import type { TransportProfile } from './endpoint-options.ts';

const OCTET_STREAM = 'application/octet-stream';

/** Statuses below 500 that OkHttp's transport tries again. */
const TRANSIENT_STATUSES: ReadonlySet<number> = new Set([408, 409, 420, 429, 499]);

/** What the call timeout of an attempt is at least, however little is left: 7 ms and up to 6 more. */
const ATTEMPT_MS_MIN = 7;
const ATTEMPT_MS_SPREAD = 6;

const STATUS_TOO_LARGE = 413;

const HTTP_DATE = /^[A-Za-z]{3}.*\d\d:\d\d:\d\d/;
const HAS_ZONE = /(?:[A-Z]|[+-]\d\d:?\d\d)$/i;

/**
 * Whether the request or its response is longer than one may be. The same request again would be so again; only one with
 * fewer messages is not. (StateFun repeats it all the same.)
 */
export function isTooMuch(outcome: AttemptOutcome): boolean {
  return outcome.kind === 'response' ? outcome.status === STATUS_TOO_LARGE : outcome.kind === 'too-long';
}

export interface RetryRules {
  /** Whether another attempt may succeed, after one whose response is of no use. */
  isRetryable(outcome: AttemptOutcome): boolean;
  /** Whether a response of this type, compared as the transport does, can be one of a function. */
  isContentType(contentType: string | undefined): boolean;
  /** How long the pause of this number is, from 1 on. */
  pauseMs(number: number): number;
  /** How long the next attempt may take, with so much left of the call's time. */
  attemptMs(remainingMs: number, callMs: number, random: Random): number;
  /** With no more than this left of its time, a call has failed. */
  readonly nothingLeftMs: number;
}

const ASYNC: RetryRules = {
  isRetryable: (outcome) => !isTooMuch(outcome),
  isContentType: (contentType) => contentType?.toLowerCase() === OCTET_STREAM,
  pauseMs: (number) => doubled(4, number),
  attemptMs: (remainingMs, _callMs, random) =>
    Math.max(remainingMs, ATTEMPT_MS_MIN + Math.floor(random() * (ATTEMPT_MS_SPREAD + 1))),
  nothingLeftMs: 1,
};

const OKHTTP: RetryRules = {
  isRetryable: (outcome) =>
    outcome.kind === 'response' ? outcome.status >= 500 || TRANSIENT_STATUSES.has(outcome.status) : !isTooMuch(outcome),
  isContentType: (contentType) => contentType === OCTET_STREAM,
  pauseMs: (number) => doubled(10, number),
  attemptMs: (_remainingMs, callMs) => callMs,
  nothingLeftMs: 0,
};

export function retryRules(profile: TransportProfile): RetryRules {
  return profile === 'async' ? ASYNC : OKHTTP;
}

function doubled(firstMs: number, number: number): number {
  return firstMs * 2 ** Math.min(number - 1, 40);
}

/** What a `Retry-After` asks for, in milliseconds from `now`; undefined if it is neither seconds nor a date. */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  const text = header?.trim();
  if (text === undefined || text === '') return undefined;
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  // Without letters it would be read as some year, and without a zone as local time: in HTTP it is GMT, said or not.
  const date = HTTP_DATE.test(text) ? Date.parse(HAS_ZONE.test(text) ? text : `${text} GMT`) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
