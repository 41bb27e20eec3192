/**
 * What a function may take of its shard: how many invocations at a time, and how long each.
 */
import { type Duration, readDuration } from './duration.ts';
import { describe, MillraceError } from './errors.ts';

export interface FunctionBounds {
  /**
   * How many async invocations and operations of `ctx.async` may be under way at a time, in each shard; by default as
   * many as the option `asyncPerShard` lets all functions of a shard have together. Further messages wait, in order per
   * address, and hold up no other function. An operation given to `ctx.async` as a promise is under way already.
   */
  readonly concurrency?: number;
  /**
   * How long an invocation may take, in milliseconds or as text (`'5 s'`); by default as long as it likes. One that takes
   * longer is reported as `INVOCATION_OVERDUE` by the engine's `error` event: a synchronous one when it has returned, and
   * it stands; an async one at once, and `ctx.signal` tells it to end. If it has not ended after as long again (5 s at
   * most), it counts as failed, nothing that it still does has an effect, and its address goes on.
   */
  readonly deadline?: Duration;
}

export interface FilledFunctionBounds {
  readonly concurrency: number | undefined;
  readonly deadlineMs: number | undefined;
}

/** Throws `INVALID_DEFINITION`. */
export function fillFunctionBounds(
  type: string,
  { concurrency, deadlineMs: known, deadline = known }: FunctionBounds & Partial<FilledFunctionBounds>,
): FilledFunctionBounds {
  if (concurrency !== undefined && !(Number.isSafeInteger(concurrency) && concurrency > 0)) {
    const what = `${type}: concurrency must be a whole number from 1 on, not ${describe(concurrency)}.`;
    throw new MillraceError('INVALID_DEFINITION', what);
  }
  const deadlineMs = deadline === undefined ? undefined : readDuration(deadline);
  if (deadline !== undefined && (deadlineMs === undefined || deadlineMs === 0)) {
    const what = `${type}: deadline must be a duration above 0, such as 500 or '5 s', not ${describe(deadline)}.`;
    throw new MillraceError('INVALID_DEFINITION', what);
  }
  return { concurrency, deadlineMs };
}
