/**
 * What is said of attempts that were of no use. It goes to people, into errors and logs, so it is short and on one line,
 * whatever the other side has sent.
 */
import { describe } from '../sdk/errors.ts';
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
