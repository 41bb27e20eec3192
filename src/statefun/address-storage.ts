/**
 * The states of one address during one batch, as the properties of an object. Reading a property reads the bytes anew,
 * so that what a program does to the value it got changes nothing; assigning one is a mutation, and null deletes.
 *
 * The properties stand in a prototype, made once for a function. Behind it is a proxy that is met only where a program
 * uses a name that it did not declare, which throws.
 */
import type { KnownState, StateMutation } from './protocol.ts';
import { readTyped, type TypeLike, typedValue } from './type.ts';
import type { TypedValue } from './typed-value.ts';
import type { ValueSpec } from './value-spec.ts';

class StateCell {
  readonly #name: string;
  readonly #type: TypeLike<unknown>;
  #value: TypedValue | undefined;
  #isMutated = false;

  constructor({ name, type }: ValueSpec, value: TypedValue | undefined) {
    this.#name = name;
    this.#type = type;
    this.#value = value;
  }

  get(): unknown {
    return (this.#value && readTyped(this.#type, this.#value)) ?? null;
  }

  set(value: unknown): void {
    this.#value = value === undefined || value === null ? undefined : typedValue(this.#type, value);
    this.#isMutated = true;
  }

  mutation(): StateMutation | undefined {
    return this.#isMutated ? { name: this.#name, value: this.#value } : undefined;
  }
}

/** What a storage object keeps its cells in, out of reach of programs. */
class Cells {
  readonly #cells: readonly StateCell[];

  constructor(cells: readonly StateCell[]) {
    this.#cells = cells;
  }

  static at(storage: Cells, index: number): StateCell {
    return storage.#cells[index];
  }
}

export interface AddressStorage {
  /** What programs see. */
  readonly storage: object;
  /** One for each state that was assigned, in the order in which they are declared. */
  mutations(): StateMutation[];
}

/** The states of one function: makes the storage of a batch, or says what is missing for it. */
export class StorageLayout {
  readonly #specs: readonly ValueSpec[];
  readonly #class: new (
    cells: readonly StateCell[],
  ) => object;

  constructor(typename: string, specs: readonly ValueSpec[]) {
    this.#specs = specs;
    this.#class = storageClass(typename, specs);
  }

  /** Those that the request did not bring along, set or unset. */
  missing(states: readonly KnownState[]): ValueSpec[] {
    return this.#specs.filter(({ name }) => !states.some((state) => state.name === name));
  }

  open(states: readonly KnownState[]): AddressStorage {
    const cells = this.#specs.map(
      (spec) => new StateCell(spec, states.findLast(({ name }) => name === spec.name)?.value),
    );
    return {
      storage: Object.seal(new this.#class(cells)),
      mutations: () => cells.map((cell) => cell.mutation()).filter((mutation) => mutation !== undefined),
    };
  }
}

function storageClass(typename: string, specs: readonly ValueSpec[]): new (cells: readonly StateCell[]) => object {
  class Storage extends Cells {}
  for (const [index, { name }] of specs.entries()) {
    Object.defineProperty(Storage.prototype, name, {
      get(this: Storage) {
        return Cells.at(this, index).get();
      },
      set(this: Storage, value: unknown) {
        Cells.at(this, index).set(value);
      },
    });
  }
  if (!specs.some(({ name }) => name === 'constructor')) Reflect.deleteProperty(Storage.prototype, 'constructor');
  Object.setPrototypeOf(Storage.prototype, undeclared(typename));
  return Storage;
}

/** What tools ask of any object, such as whether it is a promise or has a form for JSON. It has not. */
const ASKED_BY_TOOLS: readonly unknown[] = ['then', 'constructor', 'toJSON', 'toString', 'valueOf', 'inspect'];

function undeclared(typename: string): object {
  const complaint = (name: string | symbol): TypeError =>
    new TypeError(`${typename} declares no state ${JSON.stringify(String(name))}`);
  return new Proxy(Object.freeze(Object.create(null) as object), {
    get(_target, name): undefined {
      if (typeof name === 'string' && !ASKED_BY_TOOLS.includes(name)) throw complaint(name);
      return undefined;
    },
    set(_target, name): never {
      throw complaint(name);
    },
  });
}
