/**
 * Looks into the entities of an engine on one thread, as its functions would see them.
 */
import type { Address } from '../sdk/address.ts';
import type { FunctionType } from '../sdk/function.ts';
import type { StateOf, StateSpecs } from '../sdk/state.ts';
import type { Directory, FunctionBinding } from '../shard/function-binding.ts';
import type { Shard } from '../shard/shard.ts';
import { type Cells, Entity } from '../state/entity.ts';
import { bareValue } from '../state/kept-value.ts';

/** The values of one entity by the names of its states; what was never written reads as its initial value. */
export type EntityState = Readonly<Record<string, unknown>>;

/** A function, as far as its state is concerned; a token has none, and its state is not typed. */
export interface WithState<Specs extends StateSpecs> {
  readonly type: string;
  readonly state: Specs;
}

/** How a test looks at state. */
export interface States {
  /** The state of one entity, which always exists. */
  state<Specs extends StateSpecs>(fn: WithState<Specs>, id: string): StateOf<Specs>;
  state(target: string | FunctionType<never>, id: string): EntityState;
  state(address: Address): EntityState;
  /** All entities of a function that hold state, by id. */
  states<Specs extends StateSpecs>(fn: WithState<Specs>): ReadonlyMap<string, StateOf<Specs>>;
  states(target: string | FunctionType<never>): ReadonlyMap<string, EntityState>;
}

export function addressOf(target: Address | string | FunctionType<never>, id?: string): Address {
  const type = typeof target === 'string' ? target : target.type;
  return { type, id: id ?? (target as Address).id };
}

export class MemoryStates {
  readonly #directory: Directory;
  readonly #shards: readonly Shard[];

  constructor(directory: Directory, shards: readonly Shard[]) {
    this.#directory = directory;
    this.#shards = shards;
  }

  state({ type, id }: Address): EntityState {
    const binding = this.#binding(type);
    return stateOf(binding, this.#entities(binding).find((entity) => entity.id === id) ?? new Entity(0, 0, id));
  }

  states(type: string): Map<string, EntityState> {
    const binding = this.#binding(type);
    const written = this.#entities(binding).filter((entity) => !entity.isBlank);
    return new Map(written.map((entity) => [entity.id, stateOf(binding, entity)]));
  }

  #binding(type: string): FunctionBinding {
    return this.#directory.bindings[this.#directory.functionNumber(type)];
  }

  #entities({ index }: FunctionBinding): Entity[] {
    return this.#shards
      .flatMap(({ entities }) => [...entities.values()])
      .filter(({ functionIndex }) => functionIndex === index);
  }
}

function stateOf({ shape }: FunctionBinding, cells: Cells): EntityState {
  const values = shape.slots.filter(({ kind }) => kind === 'value');
  return Object.fromEntries(
    values.map(({ name, cell, initial }) => [name, bareValue(cells.readCell(cell)) ?? initial]),
  );
}
