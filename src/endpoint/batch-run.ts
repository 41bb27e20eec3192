/**
 * One batch: the invocations of one address one after the other, over one view of its state. Nothing is kept between two
 * batches, so a batch that comes twice, or beside itself, does no harm: the cluster takes one response (I5). As long as
 * its functions return at once there is no promise in it, and what it takes to run one is used again for the next.
 */
import type { Address } from '../sdk/address.ts';
import { describe, MillraceError } from '../sdk/errors.ts';
import type { CellHolder } from '../state/state-view.ts';
import type { BatchRequest, BatchResponse, RemoteInvocation } from '../statefun/protocol.ts';
import type { ValueInPlace } from '../statefun/typed-value.ts';
import { CollectedEffects } from './batch-effects.ts';
import { BatchOperations } from './batch-operations.ts';
import { BatchState } from './batch-state.ts';
import { Caller } from './caller.ts';
import { type BatchParts, EndpointContext } from './endpoint-context.ts';
import type { EndpointPlace } from './endpoint-place.ts';
import { callerGone } from './invocation-watch.ts';
import type { ServedFunction } from './served-function.ts';
import { SharedView } from './shared-view.ts';

/** A request whose values stay where they are; its bytes change no more. */
export type RequestInPlace = BatchRequest<ValueInPlace>;

/** Runs the batches of an endpoint. */
export class BatchRuns {
  readonly #place: EndpointPlace;
  /** By function, what its next batch can use. */
  readonly #idle: (BatchRun | undefined)[] = [];
  /** By function, whether it has ever returned a promise. */
  readonly #areAsync: (true | undefined)[] = [];

  constructor(place: EndpointPlace) {
    this.#place = place;
  }

  /**
   * All that follows from a batch, or which states are missing. Throws, or rejects with, what an invocation throws: then
   * nothing has happened.
   */
  run(request: RequestInPlace, caller: Caller): BatchResponse | Promise<BatchResponse> {
    const { target, states } = request;
    const served = this.#place.functions.find(target.type);
    if (served === undefined) {
      throw new MillraceError('UNKNOWN_FUNCTION', `No function of this module serves ${describe(target.type)}.`);
    }
    const run = this.#idle[served.index] ?? new BatchRun(this.#place, served, this.#areAsync[served.index] === true);
    // A function that has the next batch of its own type handled meanwhile must not find it.
    this.#idle[served.index] = undefined;
    if (!run.begin(request, caller)) return { kind: 'missing', states: served.missingFrom(states) };
    const response = run.run(0);
    // One that waits keeps it, and one that threw has lost it.
    if (response instanceof Promise) {
      this.#areAsync[served.index] = true;
    } else {
      run.end();
      this.#idle[served.index] = run;
    }
    return response;
  }
}

const NOBODY: Address = { type: '', id: '' };
const NO_INVOCATIONS: readonly RemoteInvocation<ValueInPlace>[] = [];

class BatchRun implements BatchParts {
  readonly place: EndpointPlace;
  readonly served: ServedFunction;
  readonly state: BatchState;
  self: Address = NOBODY;
  caller: Caller = new Caller();
  effects: CollectedEffects = new CollectedEffects();
  #operations: BatchOperations | undefined = undefined;
  #invocations = NO_INVOCATIONS;
  readonly #alone: boolean;
  #view: SharedView | undefined = undefined;

  /** `alone`: its function is async, so each of its invocations has a view of the state to itself. */
  constructor(place: EndpointPlace, served: ServedFunction, alone: boolean) {
    this.place = place;
    this.served = served;
    this.state = new BatchState(served, place.stateRules);
    this.#alone = alone;
  }

  viewFor(invocation: CellHolder): object {
    if (this.#alone) return this.served.shape.briefView(invocation);
    this.#view ??= new SharedView(this.served.shape, invocation);
    return this.#view.of(invocation);
  }

  get operations(): BatchOperations {
    this.#operations ??= new BatchOperations();
    return this.#operations;
  }

  /** False if the request lacks any state. */
  begin({ target, states, invocations }: RequestInPlace, caller: Caller): boolean {
    this.self = target;
    this.caller = caller;
    this.effects = new CollectedEffects();
    this.#operations = undefined;
    this.#invocations = invocations;
    return this.state.begin(target, states);
  }

  /** Lets go of what the batch has brought along. */
  end(): void {
    this.#invocations = NO_INVOCATIONS;
    this.state.end();
  }

  /** The invocations from this one on. */
  run(from: number): BatchResponse | Promise<BatchResponse> {
    for (let index = from; index < this.#invocations.length; index++) {
      if (this.caller.isGone) throw callerGone();
      const unfinished = this.#invoke(this.#invocations[index]);
      if (unfinished !== undefined) return this.#runAfter(unfinished, index + 1);
    }
    if (this.#operations !== undefined) return this.#afterOperations(this.#operations);
    // After a promise, others run before the response is written.
    return this.effects.effects(this.state.mutations(from > 0));
  }

  async #runAfter(unfinished: Promise<void>, next: number): Promise<BatchResponse> {
    await unfinished;
    return await this.run(next);
  }

  async #afterOperations(operations: BatchOperations): Promise<BatchResponse> {
    const { self } = this;
    // First, since nothing is to be begun if a state cannot be written.
    const mutations = this.state.mutations(true);
    const results = await operations.results(this.caller, this.place.operationMs);
    for (const argument of results) this.effects.send({ target: self, argument });
    return this.effects.effects(mutations);
  }

  /** Undefined if it has returned. */
  #invoke({ caller: sender, argument }: RemoteInvocation<ValueInPlace>): Promise<void> | undefined {
    const { fn } = this.served;
    const { clock, mapping } = this.place;
    const startedAt = fn.deadlineMs === undefined ? 0 : clock.elapsedMs();
    // A new one each time, since one that user code keeps must not act in the name of a later invocation.
    const ctx = new EndpointContext(this, sender, startedAt);
    let isOver = true;
    try {
      const result: unknown = fn.invoke(ctx, mapping.read(argument));
      if (isThenable(result)) {
        isOver = false;
        return ctx.watch.until(result).finally(() => ctx.end());
      }
      if (fn.deadlineMs !== undefined && clock.elapsedMs() - startedAt > fn.deadlineMs) this.overdue(startedAt);
      return undefined;
    } finally {
      if (isOver) ctx.end();
    }
  }

  overdue(startedAt: number): MillraceError {
    const { type, id } = this.self;
    const { deadlineMs } = this.served.fn;
    const ms = Math.round(this.place.clock.elapsedMs() - startedAt);
    const what = `${type} ${describe(id)}: an invocation has taken ${ms} ms; its deadline is ${deadlineMs} ms.`;
    const error = new MillraceError('INVOCATION_OVERDUE', what, { details: { type, id, deadlineMs } });
    this.place.overdue(error);
    return error;
  }
}

function isThenable(result: unknown): result is PromiseLike<void> {
  return typeof (result as { then?: unknown } | null | undefined)?.then === 'function';
}
