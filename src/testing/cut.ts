/**
 * A committed cut as users' invariants see it: the state of all entities, the messages in flight and the records of the
 * egresses, all of one moment. Whatever crashes after it, the engine goes on from exactly this.
 */
import type { Address } from '../sdk/address.ts';
import type { DeadLetter } from '../sdk/dead-letter.ts';
import type { EgressType } from '../sdk/egress.ts';
import type { FunctionType } from '../sdk/function.ts';
import type { Module } from '../sdk/module.ts';
import type { StateSpecs } from '../sdk/state.ts';
import { Directory } from '../shard/function-binding.ts';
import type { CommittedCut, CutMessage } from './committed-cut.ts';
import { deadLettersOf } from './dead-letters.ts';
import { type DelayedMessage, delayedMessages } from './delayed-messages.ts';
import {
  addressOf,
  type EntityCells,
  type EntityState,
  type StateAt,
  type StateGround,
  type States,
  stateOfEntity,
  statesOfFunction,
  type WithState,
} from './entity-states.ts';

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
  readonly #ground: StateGround;
  readonly #taken: (egressType: string) => readonly unknown[];

  /** It is looked at `now`, in virtual time; `taken` are the records that a consumer has got. */
  constructor(cut: CommittedCut, module: Module, now: number, taken: (egressType: string) => readonly unknown[]) {
    this.epoch = cut.entry?.epoch ?? 0;
    this.messages = cut.messages;
    this.#cut = cut;
    this.#ground = cutGround(cut, new Directory(module), now);
    this.#taken = taken;
  }

  state<Specs extends StateSpecs>(fn: WithState<Specs>, id: string): StateAt<Specs>;
  state(target: string | FunctionType<never>, id: string): EntityState;
  state(address: Address): EntityState;
  state(target: Address | string | FunctionType<never>, id?: string): EntityState {
    return stateOfEntity(this.#ground, addressOf(target, id));
  }

  states<Specs extends StateSpecs>(fn: WithState<Specs>): ReadonlyMap<string, StateAt<Specs>>;
  states(target: string | FunctionType<never>): ReadonlyMap<string, EntityState>;
  states(target: string | FunctionType<never>): ReadonlyMap<string, EntityState> {
    return statesOfFunction(this.#ground, target);
  }

  /** The messages in flight to one function. */
  messagesTo<Message>(target: FunctionType<Message>): readonly MessageInFlight<Message>[];
  messagesTo(target: string): readonly MessageInFlight<unknown>[];
  messagesTo(target: string | FunctionType<never>): readonly MessageInFlight<unknown>[] {
    const wanted = typeof target === 'string' ? target : target.type;
    return this.messages.filter(({ type }) => type === wanted);
  }

  /** The delayed messages to one function that are pending. */
  delayedTo<Message>(target: FunctionType<Message>): readonly DelayedMessage<Message>[];
  delayedTo(target: string): readonly DelayedMessage<unknown>[];
  delayedTo(target: string | FunctionType<never>): readonly DelayedMessage<unknown>[] {
    return delayedMessages(this.#cut.rows, target);
  }

  /** The messages that could not be handled and lie aside, by when they failed. */
  deadLetters(): readonly DeadLetter[] {
    return deadLettersOf(this.#cut.rows);
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

function cutGround(cut: CommittedCut, directory: Directory, now: number): StateGround {
  return {
    directory,
    now,
    cells(type) {
      const ofType = [...cut.cells].filter(([name]) => name.startsWith(`${type} `));
      return new Map(ofType.map(([name, cells]): [string, EntityCells] => [name.slice(type.length + 1), cells]));
    },
    rows: () => cut.rows,
  };
}
