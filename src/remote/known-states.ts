/**
 * What is known of the states of function types, as their endpoint has declared them to this thread. Nothing is
 * remembered over a restart, as in StateFun: then the endpoint is asked again. A state stays what it was first declared
 * to be, as long as nothing contradicts it; one that a newer version of the endpoint no longer declares is attached all the same.
 */
import type { Address } from '../sdk/address.ts';
import { describe } from '../sdk/errors.ts';
import type { MissingState } from '../statefun/protocol.ts';
import { refused } from './refusal.ts';
import type { DeclaredState } from './remote-values.ts';

/** What StateFun calls the type of a state of which no type is said. */
export const UNSET_TYPE = 'io.statefun.types/unset';
/** No program has so many. */
const STATE_COUNT_MAX = 1_000;
/** States of all types of a function together that are remembered: what is forgotten is asked for again. */
const REMEMBERED_COUNT_MAX = 20_000;

/** By type: a function may serve a namespace, and its endpoint says what it likes of each. */
export class KnownTypes {
  /** In the order in which they were first seen. */
  readonly #byType = new Map<string, KnownStates>();
  #count = 0;

  /** Whoever has begun with what this gives goes on with it, also when it is forgotten here. */
  of(type: string): KnownStates {
    const known = this.#byType.get(type);
    if (known !== undefined) return known;
    const states: KnownStates = new KnownStates((count) => {
      if (this.#byType.get(type) === states) this.#added(count);
    });
    this.#byType.set(type, states);
    return states;
  }

  #added(count: number): void {
    this.#count += count;
    for (const [type, states] of this.#byType) {
      if (this.#count <= REMEMBERED_COUNT_MAX) return;
      this.#byType.delete(type);
      this.#count -= states.all.length;
    }
  }
}

export class KnownStates {
  readonly #added: (count: number) => void;
  readonly #states = new Map<string, DeclaredState>();
  /** Declared once, and to be declared again; requests under way still go by what was said. */
  readonly #doubted = new Set<string>();
  #all: readonly DeclaredState[] = [];

  /** `added` is told how many more there are. */
  constructor(added: (count: number) => void = () => {}) {
    this.#added = added;
  }

  /** In the order in which they were declared; another list when there are more. */
  get all(): readonly DeclaredState[] {
    return this.#all;
  }

  get(name: string): DeclaredState | undefined {
    return this.#states.get(name);
  }

  /** Throws `REMOTE_RESPONSE_REFUSED`, and then none of them is known. */
  declare(self: Address, missing: readonly MissingState[]): void {
    const states = missing.map((state) => this.#checked(self, state));
    const count = new Set([...this.#states.keys(), ...states.map(({ name }) => name)]).size;
    if (count > STATE_COUNT_MAX) throw refused(self, `it declares more than ${STATE_COUNT_MAX} states`);
    for (const state of states) {
      if (this.#doubted.delete(state.name) || !this.#states.has(state.name)) this.#states.set(state.name, state);
    }
    this.#changed();
  }

  /**
   * What a state was declared to be does not fit what is stored of it, or what is written: the next request goes without
   * it, so that its endpoint, which may be another one by then, says anew what it is.
   */
  doubt(name: string): void {
    if (!this.#states.has(name)) return;
    this.#doubted.add(name);
    this.#changed();
  }

  #changed(): void {
    const addedCount = this.#states.size - this.#doubted.size - this.#all.length;
    if (addedCount === 0) return;
    this.#all = [...this.#states.values()].filter(({ name }) => !this.#doubted.has(name));
    this.#added(addedCount);
  }

  #checked(self: Address, { name, typename: given, mode, afterMs }: MissingState): DeclaredState {
    const typename = given === '' ? UNSET_TYPE : given;
    const state = `the state ${describe(name)}`;
    if (name === '') throw refused(self, 'it declares a state without a name');
    const known = this.#states.get(name);
    if (known !== undefined && known.typename !== typename && !this.#doubted.has(name)) {
      const what = `${state} is declared as ${describe(typename)}, and was declared as ${describe(known.typename)}`;
      throw refused(self, what);
    }
    if (mode !== 'none' && !(Number.isSafeInteger(afterMs) && afterMs > 0)) {
      throw refused(self, `${state} expires after ${afterMs} ms; allowed are whole numbers above 0`);
    }
    return { name, typename, mode, afterMs: mode === 'none' ? 0 : afterMs };
  }
}
