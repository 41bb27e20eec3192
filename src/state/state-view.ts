/**
 * `ctx.state`: an object with one accessor per declared state. The accessors are its own and enumerable, so that a view
 * can be spread and listed like the plain object that it looks like. A view never keeps a value: it asks its holder each
 * time, which also refuses when the invocation is over.
 *
 * There are two kinds of view. V8 compiles an access through an accessor to a load, but has no quick way to give an
 * object accessors of its own: about 100 ns each. So a view with accessors is for invocations in place, which use one
 * view again and again. An async invocation has a view to itself, and that is a Proxy: 20 ns to make, 25 ns per access.
 */
import { describe } from '../sdk/errors.ts';
import type { AnyStateSpec, StateSpecs } from '../sdk/state.ts';
import { hasRules, type ValueRules } from '../sdk/value-rules.ts';

/** Where an invocation keeps its cells. */
export interface CellHolder {
  readCell(index: number): unknown;
  writeCell(index: number, value: unknown): void;
  /** The table or list of this invocation. */
  handle(slot: StateSlot): object;
}

/** One declared state. */
export interface StateSlot {
  readonly name: string;
  readonly kind: AnyStateSpec['kind'];
  /** The cell with the value, with the length of the list, or with the mark that the table was written. */
  readonly cell: number;
  /** What a value or an entry reads as that was never written. */
  readonly initial: unknown;
  /** What is said of values, entries or elements; undefined if nothing is. */
  readonly rules: ValueRules | undefined;
}

/** What a shard knows of one function's states. */
export interface StateShape {
  readonly slots: readonly StateSlot[];
  /** What the cells are called in records. */
  readonly cellNames: readonly string[];
  /** What a cell reads as while nothing is written. */
  readonly initials: readonly unknown[];
  /** Makes the view of a holder that serves one invocation after another: dear to make, free to use. */
  view(holder: CellHolder): object;
  /** Makes the view of a holder that serves one invocation: cheap to make, and each access costs something. */
  briefView(holder: CellHolder): object;
}

function refuseAssigning({ name, kind }: StateSlot): never {
  throw new TypeError(`The ${kind} ${describe(name)} cannot be assigned: call its methods.`);
}

/** A class per function, so that the views of each function have one hidden class. */
function viewClass(slots: readonly StateSlot[]): new (holder: CellHolder) => object {
  return class StateView {
    static readonly #accessors: readonly PropertyDescriptor[] = slots.map((slot) =>
      slot.kind === 'value' ? StateView.#ofCell(slot.cell) : StateView.#ofHandle(slot),
    );

    static #ofCell(cell: number): PropertyDescriptor {
      return {
        enumerable: true,
        get(this: StateView): unknown {
          return this.#holder.readCell(cell);
        },
        set(this: StateView, value: unknown): void {
          this.#holder.writeCell(cell, value);
        },
      };
    }

    static #ofHandle(slot: StateSlot): PropertyDescriptor {
      return {
        enumerable: true,
        get(this: StateView): unknown {
          return this.#holder.handle(slot);
        },
        set: () => refuseAssigning(slot),
      };
    }

    readonly #holder: CellHolder;

    constructor(holder: CellHolder) {
      this.#holder = holder;
      for (let index = 0; index < slots.length; index++) {
        Object.defineProperty(this, slots[index].name, StateView.#accessors[index]);
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
  readonly #slots: ReadonlyMap<unknown, StateSlot>;
  readonly #holder: CellHolder;

  constructor(slots: ReadonlyMap<unknown, StateSlot>, holder: CellHolder) {
    this.#slots = slots;
    this.#holder = holder;
  }

  get(names: object, name: PropertyKey): unknown {
    const slot = this.#slots.get(name);
    if (slot === undefined) return Reflect.get(names, name);
    return slot.kind === 'value' ? this.#holder.readCell(slot.cell) : this.#holder.handle(slot);
  }

  set(_names: object, name: PropertyKey, value: unknown): boolean {
    const slot = this.#slots.get(name);
    if (slot === undefined) throw new TypeError(`Cannot add the state ${String(name)}: it is not declared.`);
    if (slot.kind !== 'value') return refuseAssigning(slot);
    this.#holder.writeCell(slot.cell, value);
    return true;
  }
}

const NO_CELLS: CellHolder = { readCell: () => undefined, writeCell: () => {}, handle: () => ({}) };
/** What the cells of a table and a list are called: no declared name has this character. */
const CELL_SUFFIX = { value: '', table: '\0table', list: '\0length' } as const;

export function stateShape(specs: StateSpecs): StateShape {
  const slots = Object.entries(specs).map(([name, spec], cell): StateSlot => {
    return {
      name,
      kind: spec.kind,
      cell,
      initial: spec.kind === 'list' ? undefined : spec.initial,
      rules: hasRules(spec) ? spec : undefined,
    };
  });
  const byName: ReadonlyMap<unknown, StateSlot> = new Map(slots.map((slot) => [slot.name, slot]));
  const StateView = viewClass(slots);
  const declared = new StateView(NO_CELLS);
  return {
    slots,
    cellNames: slots.map(({ name, kind }) => name + CELL_SUFFIX[kind]),
    initials: slots.map(({ kind, initial }) => (kind === 'value' ? initial : undefined)),
    view: (holder) => new StateView(holder),
    // Where nothing is declared there is nothing to trap: all share one view, which refuses every name.
    briefView: (holder) => (slots.length === 0 ? declared : new Proxy(declared, new BriefView(byName, holder))),
  };
}
