/**
 * `ctx.state`: an object with one accessor per declared state. The accessors are its own and enumerable, so that a view
 * can be spread and listed like the plain object that it looks like. A view never keeps a value: it asks its holder each
 * time, which also refuses when the invocation is over.
 *
 * There are two kinds of view. V8 compiles an access through an accessor to a load, but has no quick way to give an
 * object accessors of its own: about 100 ns each. So a view with accessors is for invocations in place, which use one
 * view again and again. An async invocation has a view to itself, and that is a Proxy: 20 ns to make, 25 ns per access.
 */
import type { StateSpecs } from '../sdk/state.ts';

/** Where an invocation keeps its cells. */
export interface CellHolder {
  readCell(index: number): unknown;
  writeCell(index: number, value: unknown): void;
}

/** What a shard knows of one function's states. */
export interface StateShape {
  readonly names: readonly string[];
  /** What a cell reads as while nothing is written. */
  readonly initials: readonly unknown[];
  /** Makes the view of a holder that serves one invocation after another: dear to make, free to use. */
  view(holder: CellHolder): object;
  /** Makes the view of a holder that serves one invocation: cheap to make, and each access costs something. */
  briefView(holder: CellHolder): object;
}

/** A class per function, so that the views of each function have one hidden class. */
function viewClass(names: readonly string[]): new (holder: CellHolder) => object {
  return class StateView {
    static readonly #accessors: readonly PropertyDescriptor[] = names.map((_, index) => ({
      enumerable: true,
      get(this: StateView): unknown {
        return this.#holder.readCell(index);
      },
      set(this: StateView, value: unknown): void {
        this.#holder.writeCell(index, value);
      },
    }));

    readonly #holder: CellHolder;

    constructor(holder: CellHolder) {
      this.#holder = holder;
      for (let index = 0; index < names.length; index++) {
        Object.defineProperty(this, names[index], StateView.#accessors[index]);
      }
      // Assigning an undeclared name throws instead of being kept nowhere.
      Object.preventExtensions(this);
    }
  };
}

/**
 * Makes a Proxy read and write the cells of a holder. What it is a Proxy of lends it the names, as own properties that
 * nobody can change, and holds nothing; so all Proxies of a function share one, and only access needs a trap.
 */
class BriefView implements ProxyHandler<object> {
  readonly #indexes: ReadonlyMap<unknown, number>;
  readonly #holder: CellHolder;

  constructor(indexes: ReadonlyMap<unknown, number>, holder: CellHolder) {
    this.#indexes = indexes;
    this.#holder = holder;
  }

  get(names: object, name: PropertyKey): unknown {
    const index = this.#indexes.get(name);
    return index === undefined ? Reflect.get(names, name) : this.#holder.readCell(index);
  }

  set(_names: object, name: PropertyKey, value: unknown): boolean {
    const index = this.#indexes.get(name);
    if (index === undefined) return false;
    this.#holder.writeCell(index, value);
    return true;
  }
}

const NO_CELLS: CellHolder = { readCell: () => undefined, writeCell: () => {} };

export function stateShape(specs: StateSpecs): StateShape {
  const names = Object.keys(specs);
  const indexes: ReadonlyMap<unknown, number> = new Map(names.map((name, index) => [name, index]));
  const StateView = viewClass(names);
  const declared = new StateView(NO_CELLS);
  return {
    names,
    initials: names.map((name) => specs[name]?.initial),
    view: (holder) => new StateView(holder),
    briefView: (holder) => new Proxy(declared, new BriefView(indexes, holder)),
  };
}
