/**
 * How long one invocation may go on: until its deadline is over, or until whoever asked has gone. Both show in
 * `ctx.signal`, and end the wait for an invocation that goes on all the same. Belongs to one invocation; one that
 * returns at once never starts a timer.
 */
import { MillraceError } from '../sdk/errors.ts';

/** As in the engine: so much longer than its deadline an invocation may take to end by itself. */
const GRACE_MS_MAX = 5_000;

export class InvocationWatch {
  readonly #deadlineMs: number | undefined;
  readonly #caller: AbortSignal;
  /** Called when the deadline is over. */
  readonly #overdue: () => MillraceError;
  #controller: AbortController | undefined;

  constructor(deadlineMs: number | undefined, caller: AbortSignal, overdue: () => MillraceError) {
    this.#deadlineMs = deadlineMs;
    this.#caller = caller;
    this.#overdue = overdue;
  }

  /** `ctx.signal`. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#caller.aborted) this.#controller.abort(callerGone());
    return this.#controller.signal;
  }

  /** Waits for an invocation that is not done yet. Throws what it throws, or that its time is over. */
  async until(invocation: PromiseLike<void>): Promise<void> {
    const { promise: over, reject } = Promise.withResolvers<never>();
    let timer: NodeJS.Timeout | undefined;
    const endAfterGrace = (ms: number): void => {
      const error = this.#overdue();
      this.#abort(error);
      timer = setTimeout(() => reject(error), Math.min(ms, GRACE_MS_MAX));
    };
    const gone = (): void => {
      const error = callerGone();
      reject(error);
      this.#abort(error);
    };
    if (this.#deadlineMs !== undefined) timer = setTimeout(endAfterGrace, this.#deadlineMs, this.#deadlineMs);
    this.#caller.addEventListener('abort', gone, { once: true });
    try {
      if (this.#caller.aborted) gone();
      await Promise.race([invocation, over]);
    } finally {
      clearTimeout(timer);
      this.#caller.removeEventListener('abort', gone);
    }
  }

  #abort(reason: MillraceError): void {
    this.#controller?.abort(reason);
  }
}

/** Nobody takes the response any more. */
export function callerGone(): MillraceError {
  return new MillraceError('CALLER_GONE', 'The connection was closed, or given up, before there was a response.');
}
