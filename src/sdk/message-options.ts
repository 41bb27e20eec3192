/**
 * What a program may say about one message beside the message itself, wherever it is sent.
 */
import { describe, MillraceError } from './errors.ts';
import { checkNames, namesOf } from './known-fields.ts';
import type { TraceContext } from './trace.ts';

/** Of a message that a function sends. */
export interface MessageOptions {
  /**
   * Delivers the message only if its target has state when its turn comes: when any state of it is written and not
   * cleared; a table or list counts from its first entry until it is cleared as a whole. Otherwise the message is dropped, and nobody is told. Default false: every address exists.
   */
  readonly ifExists?: boolean | undefined;
}

/** Of a message from outside: what a function sends carries on the trace of the message that it was given. */
export interface OutsideMessageOptions extends MessageOptions {
  /** Shows as `ctx.trace` of the invocation, and of all that comes of it. */
  readonly trace?: TraceContext | undefined;
}

export const MESSAGE_OPTIONS: ReadonlySet<string> = namesOf<MessageOptions>('ifExists');
export const OUTSIDE_MESSAGE_OPTIONS: ReadonlySet<string> = namesOf<OutsideMessageOptions>('ifExists', 'trace');

/**
 * Throws `INVALID_OPTION` for what a call does not have among its options. They come with each message, so this makes
 * nothing, and where none are given it is not called.
 */
export function checkMessageOptions(call: string, options: MessageOptions, names: ReadonlySet<string>): void {
  checkNames('INVALID_OPTION', call, options, names);
  const ifExists: unknown = options.ifExists ?? false;
  if (typeof ifExists !== 'boolean') refuseIfExists(call, ifExists);
}

function refuseIfExists(call: string, given: unknown): never {
  const what = `${call}: the option ifExists is ${describe(given)}; allowed is true or false.`;
  throw new MillraceError('INVALID_OPTION', what, { details: { option: 'ifExists' } });
}
