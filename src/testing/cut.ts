/**
 * A committed cut as users' invariants see it: the state of all entities, the messages in flight and the records of the
 * egresses, all of one moment. Whatever crashes after it, the engine goes on from exactly this.
 */
import type { Address } from '../sdk/address.ts';
import type { EgressType } from '../sdk/egress.ts';
import type { FunctionType } from '../sdk/function.ts';
import type { Module } from '../sdk/module.ts';
import type { StateOf, StateSpecs } from '../sdk/state.ts';
import type { CommittedCut, CutMessage } from './committed-cut.ts';
import { addressOf, type EntityState, type States, type WithState } from './memory-states.ts';

/** A message that was sent and whose invocation is not committed. */
export interface MessageInFlight<Message> {
  readonly id: string;
  readonly message: Message;
  readonly caller: Address | undefined;
}

export class Cut implements States {
  /** Which checkpoint it is; 0 before the first. */
  readonly epoch: number;
  /** All messages in flight, to whatever function. */
  readonly messages: readonly CutMessage[];
  readonly #cut: CommittedCut;
  readonly #module: Module;
  readonly #taken: (egressType: string) => readonly unknown[];

  /** `taken` are the records that a consumer has got. */
  constructor(cut: CommittedCut, module: Module, taken: (egressType: string) => readonly unknown[]) {
    this.epoch = cut.entry?.epoch ?? 0;
    this.messages = cut.messages;
    this.#cut = cut;
    this.#module = module;
    this.#taken = taken;
  }

  state<Specs extends StateSpecs>(fn: WithState<Specs>, id: string): StateOf<Specs>;
  state(target: string | FunctionType<never>, id: string): EntityState;
  state(address: Address): EntityState;
  state(target: Address | string | FunctionType<never>, givenId?: string): EntityState {
    const { type, id } = addressOf(target, givenId);
    return { ...this.#initials(type), ...this.#cut.entities.get(`${type} ${id}`) };
  }

  states<Specs extends StateSpecs>(fn: WithState<Specs>): ReadonlyMap<string, StateOf<Specs>>;
  states(target: string | FunctionType<never>): ReadonlyMap<string, EntityState>;
  states(target: string | FunctionType<never>): ReadonlyMap<string, EntityState> {
    const type = typeof target === 'string' ? target : target.type;
    const initials = this.#initials(type);
    const found = [...this.#cut.entities].filter(([name]) => name.startsWith(`${type} `));
    return new Map(found.map(([name, state]) => [name.slice(type.length + 1), { ...initials, ...state }]));
  }

  #initials(type: string): EntityState {
    const specs: StateSpecs = this.#module.functions.find((fn) => fn.type === type)?.state ?? {};
    return Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, spec.initial]));
  }

  /** The messages in flight to one function. */
  messagesTo<Message>(target: FunctionType<Message>): readonly MessageInFlight<Message>[];
  messagesTo(target: string): readonly MessageInFlight<unknown>[];
  messagesTo(target: string | FunctionType<never>): readonly MessageInFlight<unknown>[] {
    const wanted = typeof target === 'string' ? target : target.type;
    return this.messages.filter(({ type }) => type === wanted);
  }

  /** All records that this egress has ever got, in their order. */
  egress<Record>(egress: EgressType<Record>): readonly Record[];
  egress(egress: string): readonly unknown[];
  egress(egress: string | EgressType<never>): readonly unknown[] {
    const type = typeof egress === 'string' ? egress : egress.type;
    const acknowledged = this.#cut.entry?.egresses[type]?.acknowledged ?? 0;
    return [...this.#taken(type).slice(0, acknowledged), ...this.#cut.pendingRecords(type)];
  }
}
