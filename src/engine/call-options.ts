/**
 * What may be said with a call of an engine beside the message, and how it is checked: one that nobody knows is a slip of
 * the pen, and refused with `INVALID_OPTION`. Where nothing is said, nothing is checked.
 */
import { checkFields, namesOf } from '../sdk/known-fields.ts';
import { checkMessageOptions, type OutsideMessageOptions } from '../sdk/message-options.ts';
import type { TraceContext } from '../sdk/trace.ts';
import { oneOf, typed } from './option-checks.ts';

export interface AskOptions {
  /** Shows as `ctx.trace` of the invocation, and of all that comes of it. */
  readonly trace?: TraceContext | undefined;
  /** After this long without a reply the promise rejects with `ASK_TIMED_OUT`. Default 10,000. */
  readonly timeoutMs?: number;
  /**
   * With a data directory: `'committed'` (default) gives the reply when the checkpoint is committed in which it was sent,
   * so that no crash can take back what it says; `'processed'` gives it at once.
   */
  readonly until?: 'committed' | 'processed';
}

export interface SendOptions extends OutsideMessageOptions {
  /**
   * With a data directory: `'committed'` (default) resolves when the message is part of a committed checkpoint, and no
   * crash can lose it; `'accepted'` resolves when the engine would take the next one, and a crash of the process may
   * lose it. Where too much waits for an address (about 1,000 messages, or fewer when much waits elsewhere), it does not take
   * the next one for that address before half of it is done.
   */
  readonly until?: 'committed' | 'accepted';
  /**
   * A name for this message, such as a request id. A message whose key the engine knows already (of the last
   * `idempotencyKeyCount`, across restarts) is not sent again: so a client that got no answer can safely retry.
   * A well-formed string of 1 to 1,024 characters; anything else is refused with `INVALID_KEY`.
   */
  readonly idempotencyKey?: string;
}

export interface StopOptions {
  /** Ends at once, without finishing what is in flight. */
  readonly force?: boolean;
}

const SEND_UNTIL = ['committed', 'accepted'] as const;
const ASK_UNTIL = ['committed', 'processed'] as const;
const SEND_OPTIONS = namesOf<SendOptions>('ifExists', 'trace', 'until', 'idempotencyKey');
const ASK_OPTIONS = namesOf<AskOptions>('trace', 'timeoutMs', 'until');
const STOP_OPTIONS = namesOf<StopOptions>('force');

export function checkSendOptions(options: SendOptions): void {
  checkMessageOptions('engine.send', options, SEND_OPTIONS);
  oneOf('until', options.until, 'committed', SEND_UNTIL);
}

export function checkAskOptions(options: AskOptions): void {
  checkFields('INVALID_OPTION', 'engine.ask', options, ASK_OPTIONS);
  oneOf('until', options.until, 'committed', ASK_UNTIL);
}

export function checkStopOptions(options: StopOptions): void {
  checkFields('INVALID_OPTION', 'engine.stop', options, STOP_OPTIONS);
  typed('force', options.force, 'boolean', 'true or false');
}
