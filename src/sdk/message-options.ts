/**
 * What a program may say about one message beside the message itself, wherever it is sent.
 */
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
