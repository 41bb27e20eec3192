/**
 * A function that runs elsewhere: what waits for one of its addresses becomes a request, together with its states, and
 * the response is carried out as if the function had done so itself. To the engine it is an async function like any
 * other, with one value as its state; so what waits is durable, a failure is dealt with as its policy says, and what a
 * request causes happens once, however often the endpoint has run it.
 *
 * Which states the function has its endpoint says when a request comes without them; then it is asked again.
 */
import type { Address } from '../sdk/address.ts';
import type { BatchContext } from '../sdk/batch.ts';
import { describe, MillraceError } from '../sdk/errors.ts';
import type { Duration } from '../sdk/duration.ts';
import type { FailurePolicy } from '../sdk/failure-policy.ts';
import { defineFunction, type StatefulFunction } from '../sdk/function.ts';
import type { BatchEffects, BatchRequest, KnownState, RemoteInvocation } from '../statefun/protocol.ts';
import type { TypedValue } from '../statefun/typed-value.ts';
import { carryOut, type RequestedValues } from './carry-out.ts';
import { KnownStates } from './known-states.ts';
import { refused } from './refusal.ts';
import { REMOTE_MESSAGES, type RemoteMessage, typedMessage } from './remote-messages.ts';
import { REMOTE_STATE, requestedValue, type RemoteState, type RemoteValue } from './remote-values.ts';
import type { Endpoint } from './transport.ts';

/** Rounds in a row in which an endpoint may ask for states that it was given. */
const IDLE_ROUNDS_MAX = 10;
/** Messages that are taken at a time, and bytes after which no more are: a request is held in memory. */
const TAKEN_COUNT = 16;
const BATCH_BYTES_MAX = 4 << 20;
const BATCH_COUNT_DEFAULT = 1_000;

export interface RemoteFunctionDefinition {
  /** `namespace/name`, or `namespace/*` for all types of a namespace. */
  readonly type: string;
  /** Where it runs; several functions may share one. */
  readonly endpoint: Endpoint;
  /**
   * How many messages of an address one request takes along at most; default 1,000. What waits beyond that goes with the
   * next one, in order. (StateFun: `maxNumBatchRequests`, which there holds back senders and is no limit.)
   */
  readonly batchCountMax?: number;
  /**
   * What happens when a call has failed for good, or a response is refused; by default the message goes to the dead
   * letters. A batch of several messages is first tried again one by one, which counts as no attempt.
   */
  readonly failure?: FailurePolicy;
  /** How long an invocation may take, calls that are repeated included; by default as long as the endpoint says. */
  readonly deadline?: Duration;
}

export type RemoteFunction = StatefulFunction<RemoteMessage, TypedValue, RemoteState>;

/**
 * Declares a function that runs behind an endpoint, for the `functions` of a module. Making one opens nothing.
 * (StateFun: an endpoint of kind `io.statefun.endpoints.v2/http`.)
 *
 * @throws MillraceError `INVALID_TYPE_NAME` or `INVALID_DEFINITION`
 */
export function remoteFunction(definition: RemoteFunctionDefinition): RemoteFunction {
  const { type, endpoint, batchCountMax = BATCH_COUNT_DEFAULT, failure, deadline } = definition;
  checkEndpoint(type, endpoint, batchCountMax);
  const known = new Map<string, KnownStates>();
  const fn = defineFunction({
    type,
    state: REMOTE_STATE,
    messages: REMOTE_MESSAGES,
    ...(failure !== undefined && { failure }),
    ...(deadline !== undefined && { deadline }),
    invoke: async (ctx: BatchContext<RemoteState>, message: TypedValue) => {
      const invocations = takeBatch(ctx, message, batchCountMax);
      await new RemoteBatch(ctx, endpoint, statesOf(known, ctx.self.type)).run(invocations);
    },
  } as never) as unknown as RemoteFunction;
  const extras = { takesWaiting: true, companion: endpoint.companion, sharedBound: endpoint };
  return Object.freeze({ ...fn, ...extras });
}

function checkEndpoint(type: string, endpoint: Endpoint, batchCountMax: number): void {
  const refuse = (what: string): never => {
    throw new MillraceError('INVALID_DEFINITION', `${type}: ${what}.`);
  };
  if (typeof endpoint?.call !== 'function') {
    refuse(`endpoint must be an endpoint such as httpEndpoint(...), not ${describe(endpoint)}`);
  }
  const { concurrency } = endpoint;
  if (!isCount(concurrency)) refuse(`its endpoint has a concurrency of ${describe(concurrency)}; allowed is 1 or more`);
  if (!isCount(batchCountMax)) refuse(`batchCountMax is ${describe(batchCountMax)}; allowed is 1 or more`);
}

function isCount(count: unknown): boolean {
  return Number.isSafeInteger(count) && (count as number) > 0;
}

function statesOf(known: Map<string, KnownStates>, type: string): KnownStates {
  let states = known.get(type);
  if (states === undefined) {
    states = new KnownStates();
    known.set(type, states);
  }
  return states;
}

/** What waits for the address goes along, as far as one request should hold. */
function takeBatch(ctx: BatchContext<RemoteState>, message: TypedValue, countMax: number): readonly RemoteInvocation[] {
  const { type } = ctx.self;
  const invocations: RemoteInvocation[] = [{ caller: ctx.caller, argument: message }];
  let bytes = message.value?.length ?? 0;
  while (invocations.length < countMax && bytes < BATCH_BYTES_MAX) {
    const taken = ctx.takeWaiting(Math.min(TAKEN_COUNT, countMax - invocations.length));
    for (const held of taken) {
      const argument = typedMessage(type, held.message);
      bytes += argument.value?.length ?? 0;
      invocations.push({ caller: held.caller, argument });
    }
    if (taken.length < TAKEN_COUNT) break;
  }
  return invocations;
}

/** One batch on its way to its endpoint, until the endpoint has handled it. */
class RemoteBatch {
  readonly #ctx: BatchContext<RemoteState>;
  readonly #self: Address;
  readonly #endpoint: Endpoint;
  readonly #known: KnownStates;
  #requested: RequestedValues = { values: [], isChanged: false };

  constructor(ctx: BatchContext<RemoteState>, endpoint: Endpoint, known: KnownStates) {
    this.#ctx = ctx;
    this.#self = ctx.self;
    this.#endpoint = endpoint;
    this.#known = known;
  }

  async run(invocations: readonly RemoteInvocation[]): Promise<void> {
    const effects = await this.#call(invocations);
    carryOut(this.#ctx, effects, this.#known, this.#requested);
  }

  async #call(invocations: readonly RemoteInvocation[]): Promise<BatchEffects> {
    const { signal } = this.#ctx;
    for (let idleRounds = 0; idleRounds < IDLE_ROUNDS_MAX; ) {
      const states = this.#attach();
      const request: BatchRequest = { target: this.#self, states, invocations };
      const response = await this.#endpoint.call(request, signal);
      if (response.kind === 'effects') return response;
      this.#known.declare(this.#self, response.states);
      const attached = new Set(states.map(({ name }) => name));
      idleRounds = response.states.some(({ name }) => !attached.has(name)) ? 0 : idleRounds + 1;
    }
    const what = `${IDLE_ROUNDS_MAX} times in a row it asks for states that it was given, or for none`;
    throw refused(this.#self, what);
  }

  /** All states that are known, with what this address has of them. */
  #attach(): readonly KnownState[] {
    const now = this.#ctx.now();
    const stored = (this.#ctx.state.values ?? []) as readonly RemoteValue[];
    const values = new Map(stored.map((one) => [one[0], one]));
    let isChanged = false;
    const states = this.#known.all.map((state): KnownState => {
      const { name, typename } = state;
      const before = values.get(name);
      if (before === undefined) return { name, value: undefined };
      this.#checkType(name, before[1], typename);
      const requested = requestedValue(before, state, now);
      if (requested === undefined) values.delete(name);
      else if (requested !== before) values.set(name, requested);
      isChanged ||= requested !== before;
      return { name, value: requested && { typename, value: requested[2] } };
    });
    this.#requested = { values: [...values.values()], isChanged };
    return states;
  }

  #checkType(name: string, stored: string, declared: string): void {
    if (stored === declared) return;
    const what = `the state ${describe(name)} is declared as ${describe(declared)}, and what is stored is of the type`;
    throw refused(this.#self, `${what} ${describe(stored)}`);
  }
}
