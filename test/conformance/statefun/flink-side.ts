/**
 * The side of a StateFun cluster, as small as it can be and still right: what waits for each address, the states of each,
 * negotiation, delayed messages in virtual time, egresses. It speaks bytes, to whatever answers them, and carries out
 * the responses in the order that StateFun does.
 */
import type { Address } from '../../../src/index.ts';
import type {
  BatchEffects,
  BatchRequest,
  EgressRecord,
  KnownState,
  MissingState,
  RemoteInvocation,
} from '../../../src/statefun/protocol.ts';
import { decodeResponse, encodeRequest } from '../../../src/statefun/protocol-codec.ts';
import type { TypedValue } from '../../../src/statefun/typed-value.ts';

export type Answer = (bytes: Uint8Array) => Promise<{ readonly status: number; readonly body: Uint8Array }>;

interface Delayed {
  readonly dueMs: number;
  readonly sender: Address;
  readonly token: string;
  readonly target: Address;
  readonly argument: TypedValue;
}

const ROUNDS_MAX = 10;

function keyOf({ type, id }: Address): string {
  return JSON.stringify([type, id]);
}

export class FlinkSide {
  readonly egresses: EgressRecord[] = [];
  nowMs = 0;
  requestCount = 0;
  readonly #answer: Answer;
  /** Which of so many is next: 0 for the oldest. */
  readonly #pick: (count: number) => number;
  readonly #waiting = new Map<string, { target: Address; invocations: RemoteInvocation[] }>();
  readonly #states = new Map<string, Map<string, TypedValue>>();
  /** By function type. */
  readonly #specs = new Map<string, Map<string, MissingState>>();
  #delayed: Delayed[] = [];

  constructor(answer: Answer, pick: (count: number) => number = () => 0) {
    this.#answer = answer;
    this.#pick = pick;
  }

  send(target: Address, argument: TypedValue, caller?: Address): void {
    const key = keyOf(target);
    const waiting = this.#waiting.get(key) ?? { target, invocations: [] };
    waiting.invocations.push({ caller, argument });
    this.#waiting.set(key, waiting);
  }

  /** Until nothing waits any more. */
  async settle(): Promise<void> {
    for (let key = this.#nextKey(); key !== undefined; key = this.#nextKey()) {
      const { target, invocations } = this.#waiting.get(key) as { target: Address; invocations: RemoteInvocation[] };
      this.#waiting.delete(key);
      this.#apply(target, await this.#call(target, invocations));
    }
  }

  #nextKey(): string | undefined {
    return this.#waiting.size === 0 ? undefined : [...this.#waiting.keys()][this.#pick(this.#waiting.size)];
  }

  /** Lets time pass; whatever is due comes in order. */
  async advance(ms: number): Promise<void> {
    const until = this.nowMs + ms;
    for (;;) {
      const [next] = this.#delayed.toSorted((one, other) => one.dueMs - other.dueMs);
      if (next === undefined || next.dueMs > until) break;
      this.nowMs = next.dueMs;
      this.#delayed.splice(this.#delayed.indexOf(next), 1);
      this.send(next.target, next.argument, next.sender);
      await this.settle();
    }
    this.nowMs = until;
  }

  /** A state as the cluster keeps it. */
  state(target: Address, name: string): TypedValue | undefined {
    return this.#states.get(keyOf(target))?.get(name);
  }

  putState(target: Address, spec: MissingState, value: TypedValue | undefined): void {
    this.#specsOf(target.type).set(spec.name, spec);
    if (value !== undefined) this.#statesOf(target).set(spec.name, value);
  }

  get specs(): ReadonlyMap<string, ReadonlyMap<string, MissingState>> {
    return this.#specs;
  }

  #specsOf(type: string): Map<string, MissingState> {
    const specs = this.#specs.get(type) ?? new Map<string, MissingState>();
    this.#specs.set(type, specs);
    return specs;
  }

  #statesOf(target: Address): Map<string, TypedValue> {
    const states = this.#states.get(keyOf(target)) ?? new Map<string, TypedValue>();
    this.#states.set(keyOf(target), states);
    return states;
  }

  #request(target: Address, invocations: readonly RemoteInvocation[]): BatchRequest {
    const states = [...this.#specsOf(target.type).keys()].map(
      (name): KnownState => ({ name, value: this.state(target, name) }),
    );
    return { target, states, invocations };
  }

  async #call(target: Address, invocations: readonly RemoteInvocation[]): Promise<BatchEffects> {
    for (let round = 0; round < ROUNDS_MAX; round++) {
      this.requestCount++;
      const { status, body } = await this.#answer(encodeRequest(this.#request(target, invocations)));
      if (status !== 200) throw new Error(`${keyOf(target)} is answered with ${status}`);
      const response = decodeResponse(body);
      if (response.kind === 'effects') return response;
      for (const spec of response.states) this.#register(target.type, spec);
    }
    throw new Error(`${keyOf(target)}: states are missing after ${ROUNDS_MAX} rounds`);
  }

  #register(type: string, spec: MissingState): void {
    const known = this.#specsOf(type).get(spec.name);
    if (known !== undefined && known.typename !== spec.typename) throw new Error(`${spec.name} has changed its type`);
    if (known === undefined) this.#specsOf(type).set(spec.name, spec);
  }

  /** In StateFun's order: messages, delayed messages and cancellations, egresses, states. */
  #apply(self: Address, { messages, delayed, egresses, mutations }: BatchEffects): void {
    for (const { target, argument } of messages) this.send(target, argument, self);
    for (const command of delayed) {
      if (command.kind === 'cancel') this.#cancel(self, command.token);
      else {
        const { token, target, argument, delayMs } = command;
        if (delayMs < 0 || (token !== '' && this.#isPending(self, token))) throw new Error(`bad delay, token ${token}`);
        this.#delayed.push({ dueMs: this.nowMs + delayMs, sender: self, token, target, argument });
      }
    }
    this.egresses.push(...egresses);
    for (const { name, value } of mutations) {
      const spec = this.#specsOf(self.type).get(name);
      if (spec === undefined) throw new Error(`${name} is no state of ${self.type}`);
      if (value === undefined) this.#statesOf(self).delete(name);
      else if (value.typename === spec.typename) this.#statesOf(self).set(name, value);
      else throw new Error(`${name} is a ${spec.typename}, not a ${value.typename}`);
    }
  }

  #isPending(self: Address, token: string): boolean {
    return this.#delayed.some((delayed) => delayed.token === token && delayed.sender.id === self.id);
  }

  #cancel(self: Address, token: string): void {
    if (token === '') throw new Error('a cancellation without a token');
    this.#delayed = this.#delayed.filter((delayed) => delayed.token !== token || delayed.sender.id !== self.id);
  }
}
