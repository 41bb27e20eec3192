/**
 * One batch: the invocations of one address one after the other, over one view of its state. Nothing is kept between two
 * batches, so a batch that comes twice, or beside itself, does no harm: the cluster takes one response (I5).
 */
import { describe, MillraceError } from '../sdk/errors.ts';
import type { BatchRequest, BatchResponse, RemoteInvocation } from '../statefun/protocol.ts';
import { CollectedEffects } from './batch-effects.ts';
import { BatchState, type StateSetting } from './batch-state.ts';
import type { Caller } from './caller.ts';
import { type BatchParts, EndpointContext, type EndpointPlace } from './endpoint-context.ts';
import { callerGone, InvocationWatch } from './invocation-watch.ts';

export interface BatchHooks {
  /** An invocation takes longer than the deadline of its function. */
  overdue(error: MillraceError): void;
}

export class BatchRunner {
  readonly #place: EndpointPlace;
  readonly #setting: StateSetting;
  readonly #hooks: BatchHooks;

  constructor(place: EndpointPlace, setting: StateSetting, hooks: BatchHooks) {
    this.#place = place;
    this.#setting = setting;
    this.#hooks = hooks;
  }

  /** All that follows, or which states are missing. Throws what an invocation throws: then nothing has happened. */
  async run(request: BatchRequest, caller: Caller): Promise<BatchResponse> {
    const { target } = request;
    const served = this.#place.functions.find(target.type);
    if (served === undefined) {
      throw new MillraceError('UNKNOWN_FUNCTION', `No function of this module serves ${describe(target.type)}.`);
    }
    const missing = served.missingFrom(request.states);
    if (missing.length > 0) return { kind: 'missing', states: missing };
    const state = new BatchState(served, request, this.#setting);
    const effects = new CollectedEffects();
    const batch = { place: this.#place, served, self: target, state, effects };
    for (const invocation of request.invocations) {
      if (caller.isGone) throw callerGone();
      const result = this.#invoke(batch, invocation, caller);
      if (result !== undefined) await result;
    }
    return effects.effects(state.mutations());
  }

  /** Undefined if it has returned. */
  #invoke(
    batch: BatchParts,
    { caller: sender, argument }: RemoteInvocation,
    caller: Caller,
  ): Promise<void> | undefined {
    const { fn } = batch.served;
    const { clock, mapping } = this.#place;
    const { deadlineMs } = fn;
    const startedAt = deadlineMs === undefined ? 0 : clock.elapsedMs();
    const newWatch = () => new InvocationWatch(deadlineMs, caller, () => this.#overdue(batch, startedAt));
    const ctx = new EndpointContext(batch, sender, newWatch);
    let isOver = true;
    try {
      const result: unknown = fn.invoke(ctx, mapping.read(argument));
      if (isThenable(result)) {
        isOver = false;
        return ctx.watch.until(result).finally(() => ctx.end());
      }
      if (deadlineMs !== undefined && clock.elapsedMs() - startedAt > deadlineMs) this.#overdue(batch, startedAt);
      return undefined;
    } finally {
      if (isOver) ctx.end();
    }
  }

  #overdue({ self: { type, id }, served }: BatchParts, startedAt: number): MillraceError {
    const { deadlineMs } = served.fn;
    const ms = Math.round(this.#place.clock.elapsedMs() - startedAt);
    const what = `${type} ${describe(id)}: an invocation has taken ${ms} ms; its deadline is ${deadlineMs} ms.`;
    const error = new MillraceError('INVOCATION_OVERDUE', what, { details: { type, id, deadlineMs } });
    this.#hooks.overdue(error);
    return error;
  }
}

function isThenable(result: unknown): result is PromiseLike<void> {
  return typeof (result as { then?: unknown } | null | undefined)?.then === 'function';
}
