/**
 * What a program may say about one message beside the message itself, wherever it is sent.
 */
import { describe, MillraceError } from './errors.ts';
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

export const MESSAGE_OPTIONS: ReadonlySet<string> = new Set(['ifExists'] satisfies (keyof MessageOptions)[]);
export const OUTSIDE_MESSAGE_OPTIONS: ReadonlySet<string> = new Set([
  'ifExists',
  'trace',
] satisfies (keyof OutsideMessageOptions)[]);

/**
 * Throws `INVALID_OPTION` for what a call does not have among its options. They come with each message, so this makes
 * nothing, and where none are given it is not called.
 */
export function checkMessageOptions(call: string, options: MessageOptions, names: ReadonlySet<string>): void {
  checkOptionNames(call, options, names);
  const ifExists: unknown = options.ifExists ?? false;
  if (typeof ifExists !== 'boolean') {
    throw invalid(`${call}: the option ifExists is ${describe(ifExists)}; allowed is true or false.`, 'ifExists');
  }
}

/** The same for calls without messages. */
export function checkOptionNames(call: string, options: object, names: ReadonlySet<string>): void {
  if (typeof options !== 'object' || options === null) {
    throw invalid(`${call}: the options are ${describe(options)}; allowed is an object.`);
  }
  for (const name in options) {
    if (!names.has(name)) refuseName(call, options, name, names);
  }
}

/** One without a value is none, and neither is what something has given to all objects. */
function refuseName(call: string, options: object, name: string, names: ReadonlySet<string>): void {
  if (!Object.hasOwn(options, name) || (options as Record<string, unknown>)[name] === undefined) return;
  throw invalid(`${call} has no option ${describe(name)}; its options are ${[...names].join(', ')}.`, name);
}

function invalid(what: string, option?: string): MillraceError {
  return new MillraceError('INVALID_OPTION', what, option === undefined ? {} : { details: { option } });
}
