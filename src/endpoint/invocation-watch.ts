/**
 * How long one invocation may go on: until its deadline is over, or until whoever asked has gone. Both show in
 * `ctx.signal`, and end the wait for an invocation that goes on all the same. Belongs to one invocation; one that
 * returns at once and does not look at its signal never has one.
 */
import { MillraceError } from '../sdk/errors.ts';
import type { Caller } from './caller.ts';

/** As in the engine: so much longer than its deadline an invocation may take to end by itself. */
const GRACE_MS_MAX = 5_000;

export class InvocationWatch {
  readonly #deadlineMs: number | undefined;
  readonly #caller: Caller;
  /** Called when the deadline is over. */
  readonly #overdue: () => MillraceError;
  #controller: AbortController | undefined;

  constructor(deadlineMs: number | undefined, caller: Caller, overdue: () => MillraceError) {
    this.#deadlineMs = deadlineMs;
    this.#caller = caller;
    this.#overdue = overdue;
  }

  /** `ctx.signal`. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#caller.isGone) this.#controller.abort(callerGone());
    return this.#controller.signal;
  }

  /** Waits for an invocation that is not done yet. Throws what it throws, or that its time is over. */
  async until(invocation: PromiseLike<void>): Promise<void> {
    const { promise: over, reject } = Promise.withResolvers<never>();
    let timer: NodeJS.Timeout | undefined;
    const endAfterGrace = (ms: number): void => {
      const error = this.#overdue();
      this.#controller?.abort(error);
      timer = setTimeout(() => reject(error), Math.min(ms, GRACE_MS_MAX));
    };
    const gone = (): void => {
      const error = callerGone();
      reject(error);
      this.#controller?.abort(error);
    };
    if (this.#deadlineMs !== undefined) timer = setTimeout(endAfterGrace, this.#deadlineMs, this.#deadlineMs);
    this.#caller.onGone = gone;
    try {
      if (this.#caller.isGone) gone();
      await Promise.race([invocation, over]);
    } finally {
      clearTimeout(timer);
      this.#caller.onGone = undefined;
    }
  }
}

/** Nobody takes the response any more. */
export function callerGone(): MillraceError {
  return new MillraceError('CALLER_GONE', 'The connection was closed, or given up, before there was a response.');
}
