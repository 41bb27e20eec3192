/**
 * What is said of attempts that were of no use. It goes to people, into errors and logs, so it is short and on one line,
 * whatever the other side has sent.
 */
import { describe, MillraceError } from '../sdk/errors.ts';
import type { AttemptResponse } from './attempt.ts';

/** A response that is no success. */
export function statusError({ status, body }: AttemptResponse): Error {
  // What it says is for people, who should not have to see control characters.
  const text = Buffer.from(body)
    .toString('utf8')
    .replace(/\p{Cc}+/gu, ' ')
    .trim();
  return new Error(`It answered with status ${status}${text === '' ? '' : `: ${describe(text)}`}`);
}

export function contentTypeError(contentType: string | undefined): Error {
  const what = contentType === undefined ? 'no content type' : `content type ${describe(contentType)}`;
  return new Error(`It answered with ${what} instead of application/octet-stream`);
}

/** One line: connecting to several addresses fails with a list of errors and no message. */
export function reasonOf(error: Error): string {
  const { code, errors } = error as { readonly code?: string; readonly errors?: readonly Error[] };
  const message =
    error.message === '' && errors !== undefined ? errors.map((each) => each.message).join(', ') : error.message;
  return message === '' ? (code ?? error.name) : message;
}

/** What a call rejects with that is called off: that a deadline is over says nothing of what took so long. */
export function calledOff(reason: unknown, endpoint: string, attempts: number, cause: Error | undefined): unknown {
  if (cause === undefined || !(reason instanceof MillraceError) || reason.code !== 'INVOCATION_OVERDUE') return reason;
  const why = reasonOf(cause);
  const tried = `The deadline of its function was over when a call to ${endpoint} had been tried ${attempts} times`;
  const details = { ...reason.details, endpoint, attempts, reason: why };
  return new MillraceError(reason.code, `${tried}: ${why}`, { cause: reason, details });
}
