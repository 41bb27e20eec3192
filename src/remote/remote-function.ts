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
import { checkedMessage } from '../sdk/message-check.ts';
import { checkDefinition, namesOf } from '../sdk/known-fields.ts';
import type { BatchEffects, BatchRequest, BatchResponse, KnownState, RemoteInvocation } from '../statefun/protocol.ts';
import type { TypedValue } from '../statefun/typed-value.ts';
import { carryOut, type RequestedValues } from './carry-out.ts';
import { type KnownStates, KnownTypes } from './known-states.ts';
import { refused } from './refusal.ts';
import { isTypeable, REMOTE_MESSAGES, type RemoteMessage, typedMessage, typedValueOf } from './remote-messages.ts';
import { NamedValues, REMOTE_STATE, requestedValue, type RemoteState, type RemoteValues } from './remote-values.ts';
import type { Endpoint } from './transport.ts';

/** Rounds in a row in which an endpoint may ask for states that it was given. */
const IDLE_ROUNDS_MAX = 10;
/** Messages that are taken at a time, and bytes after which no more are: a request is held in memory. */
const TAKEN_COUNT = 16;
const BATCH_BYTES_MAX = 4 << 20;
/** What a message takes beside its value: who sent it, and the objects that are made of it. */
const MESSAGE_BYTES = 64;
const BATCH_COUNT_DEFAULT = 1_000;
const FIELDS = namesOf<RemoteFunctionDefinition>('type', 'endpoint', 'batchCountMax', 'failure', 'deadline');
const NO_VALUES: RequestedValues = { values: [], isChanged: false };

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
  checkDefinition('function', definition, FIELDS);
  const { type, endpoint, batchCountMax = BATCH_COUNT_DEFAULT, failure, deadline } = definition;
  checkEndpoint(type, endpoint, batchCountMax);
  const known = new KnownTypes();
  const fn = defineFunction({
    type,
    state: REMOTE_STATE,
    messages: REMOTE_MESSAGES,
    ...(failure !== undefined && { failure }),
    ...(deadline !== undefined && { deadline }),
    invoke: () => undefined,
  } as never) as unknown as RemoteFunction;
  // One promise for a call, where each function declared async would make some more.
  const invoke = (ctx: BatchContext<RemoteState>, given: unknown): Promise<void> => {
    try {
      const message = typedValueOf(given) ?? checkedMessage(type, REMOTE_MESSAGES, given);
      const invocations = takeBatch(ctx, message, batchCountMax);
      return new RemoteBatch(ctx, endpoint, known.of(ctx.self.type), invocations).run();
    } catch (error) {
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- what was thrown, as it is
      return Promise.reject(error);
    }
  };
  const extras = { takesWaiting: true, accepts: isTypeable, companion: endpoint.companion, sharedBound: endpoint };
  return Object.freeze({ ...fn, ...extras, invoke: invoke as never });
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

/** What waits for the address goes along, as far as one request should hold. */
function takeBatch(ctx: BatchContext<RemoteState>, message: TypedValue, countMax: number): readonly RemoteInvocation[] {
  const { type } = ctx.self;
  const invocations: RemoteInvocation[] = [{ caller: ctx.caller, argument: message }];
  let bytes = bytesOf(message);
  while (invocations.length < countMax && bytes < BATCH_BYTES_MAX) {
    const taken = ctx.takeWaiting(Math.min(TAKEN_COUNT, countMax - invocations.length));
    for (const held of taken) {
      const argument = typedMessage(type, held.message);
      bytes += bytesOf(argument);
      invocations.push({ caller: held.caller, argument });
    }
    if (taken.length < TAKEN_COUNT) break;
  }
  return invocations;
}

/** Of a message in a request, roughly: one without a value takes room as well. */
function bytesOf({ typename, value }: TypedValue): number {
  return MESSAGE_BYTES + typename.length + (value?.length ?? 0);
}

/** One batch on its way to its endpoint, until the endpoint has handled it. */
class RemoteBatch {
  readonly #ctx: BatchContext<RemoteState>;
  readonly #self: Address;
  readonly #endpoint: Endpoint;
  readonly #known: KnownStates;
  #invocations: readonly RemoteInvocation[];
  /** What was too much for one request, the next last. */
  readonly #later: (readonly RemoteInvocation[])[] = [];
  readonly #taken = (response: BatchResponse): void | Promise<void> => this.#take(response);
  readonly #failed = (error: unknown): Promise<void> => this.#divide(error);
  #requested: RequestedValues = NO_VALUES;
  #states: readonly KnownState[] = [];
  #idleRoundCount = 0;
  #effectCount = 0;

  constructor(
    ctx: BatchContext<RemoteState>,
    endpoint: Endpoint,
    known: KnownStates,
    invocations: readonly RemoteInvocation[],
  ) {
    this.#invocations = invocations;
    this.#ctx = ctx;
    this.#self = ctx.self;
    this.#endpoint = endpoint;
    this.#known = known;
  }

  run(): Promise<void> {
    this.#attach();
    const request: BatchRequest = { target: this.#self, states: this.#states, invocations: this.#invocations };
    const signal = this.#endpoint.takesCallOff === true ? (this.#ctx.callOff as AbortSignal) : this.#ctx.signal;
    return this.#endpoint.call(request, signal).then(this.#taken, this.#failed);
  }

  /** Half of it may not be too much. The other half follows, with the states that this one leaves. */
  #divide(error: unknown): Promise<void> {
    const all = this.#invocations;
    if (all.length === 1 || !(error instanceof MillraceError && error.details['isTooMuch'] === true)) throw error;
    const half = Math.ceil(all.length / 2);
    this.#invocations = all.slice(0, half);
    this.#later.push(all.slice(half));
    return this.run();
  }

  #take(response: BatchResponse): void | Promise<void> {
    if (response.kind === 'effects') {
      this.#count(response);
      carryOut(this.#ctx, response, this.#known, this.#requested, this.#endpoint);
      const next = this.#later.pop();
      if (next === undefined) return undefined;
      this.#invocations = next;
      this.#idleRoundCount = 0;
      return this.run();
    }
    this.#known.declare(this.#self, response.states);
    const attached = new Set(this.#states.map(({ name }) => name));
    const isNew = response.states.some(({ name }) => !attached.has(name));
    this.#idleRoundCount = isNew ? 0 : this.#idleRoundCount + 1;
    if (this.#idleRoundCount < IDLE_ROUNDS_MAX) return this.run();
    const what = `${IDLE_ROUNDS_MAX} times in a row it asks for states that it was given, or for none`;
    throw refused(this.#self, what);
  }

  /** All of a batch happens in one turn, which must not be long (I10). */
  #count({ messages, delayed, egresses, mutations }: BatchEffects): void {
    const { effectCountMax = Infinity } = this.#endpoint;
    this.#effectCount += messages.length + delayed.length + egresses.length + mutations.length;
    if (this.#effectCount <= effectCountMax) return;
    throw refused(this.#self, `${this.#effectCount} effects follow, more than the ${effectCountMax} of effectCountMax`);
  }

  /** All states that are known, with what this address has of them. */
  #attach(): void {
    const now = this.#ctx.now();
    const values = new NamedValues((this.#ctx.state.values ?? []) as RemoteValues);
    let isChanged = false;
    const states: KnownState[] = [];
    for (const state of this.#known.all) {
      const { name, typename } = state;
      const before = values.get(name);
      if (before === undefined) {
        states.push({ name, value: undefined });
        continue;
      }
      this.#checkType(name, before[1], typename);
      const requested = requestedValue(before, state, now);
      if (requested !== before) {
        isChanged = true;
        values.set(name, requested);
      }
      states.push({ name, value: requested && { typename, value: requested[2] } });
    }
    this.#states = states;
    this.#requested = { values: values.all, isChanged };
  }

  #checkType(name: string, stored: string, declared: string): void {
    if (stored === declared) return;
    this.#known.doubt(name);
    const what = `the state ${describe(name)} is declared as ${describe(declared)}, and what is stored is of the type`;
    throw refused(this.#self, `${what} ${describe(stored)}`);
  }
}
