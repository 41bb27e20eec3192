/**
 * How tests and invariants look at an engine: the states of its entities, the delayed messages that are pending, and the
 * messages that lie aside. `TestEngine` shows those of a moment in memory, `Cut` those of a committed cut. It only reads.
 */
import type { Address } from '../sdk/address.ts';
import type { DeadLetter } from '../sdk/dead-letter.ts';
import type { FunctionType } from '../sdk/function.ts';
import type { StateSpecs } from '../sdk/state.ts';
import { deadLettersOf } from './dead-letters.ts';
import { type DelayedMessage, delayedMessages } from './delayed-messages.ts';
import {
  addressOf,
  type EntityState,
  type StateAt,
  type StateGround,
  type States,
  stateOfEntity,
  statesOfFunction,
  type WithState,
} from './entity-states.ts';

export class ObservedStates implements States {
  readonly #ground: () => StateGround;

  /** `ground` is asked for at each look. */
  constructor(ground: () => StateGround) {
    this.#ground = ground;
  }

  state<Specs extends StateSpecs>(fn: WithState<Specs>, id: string): StateAt<Specs>;
  state(target: string | FunctionType<never>, id: string): EntityState;
  state(address: Address): EntityState;
  state(target: Address | string | FunctionType<never>, id?: string): EntityState {
    return stateOfEntity(this.#ground(), addressOf(target, id));
  }

  states<Specs extends StateSpecs>(fn: WithState<Specs>): ReadonlyMap<string, StateAt<Specs>>;
  states(target: string | FunctionType<never>): ReadonlyMap<string, EntityState>;
  states(target: string | FunctionType<never>): ReadonlyMap<string, EntityState> {
    return statesOfFunction(this.#ground(), target);
  }

  /** The delayed messages to one function that are pending. */
  delayedTo<Message>(target: FunctionType<Message>): readonly DelayedMessage<Message>[];
  delayedTo(target: string): readonly DelayedMessage<unknown>[];
  delayedTo(target: string | FunctionType<never>): readonly DelayedMessage<unknown>[] {
    return delayedMessages(this.#ground().rows(), target);
  }

  /** The messages that could not be handled and lie aside, by when they failed. */
  deadLetters(): readonly DeadLetter[] {
    return deadLettersOf(this.#ground().rows());
  }
}
