/**
 * `ctx.state`: an object with one accessor per declared state, made once per function. Accessors instead of a Proxy,
 * because V8 compiles them to a load; and a class per function, so that each function's view keeps one hidden class.
 */
import type { StateSpecs } from '../sdk/state.ts';

/** A symbol, so that no state name can collide with it. */
const HOLDER = Symbol('holder');

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
  /** Makes the view of one holder. */
  view(holder: CellHolder): object;
}

function accessor(index: number): PropertyDescriptor {
  return {
    enumerable: true,
    get(this: { [HOLDER]: CellHolder }): unknown {
      return this[HOLDER].readCell(index);
    },
    set(this: { [HOLDER]: CellHolder }, value: unknown): void {
      this[HOLDER].writeCell(index, value);
    },
  };
}

export function stateShape(specs: StateSpecs): StateShape {
  const names = Object.keys(specs);
  class StateView {
    readonly [HOLDER]: CellHolder;
    constructor(holder: CellHolder) {
      this[HOLDER] = holder;
      // Assigning an undeclared name throws instead of being kept nowhere.
      Object.preventExtensions(this);
    }
  }
  names.forEach((name, index) => Object.defineProperty(StateView.prototype, name, accessor(index)));
  return {
    names,
    initials: names.map((name) => specs[name]?.initial),
    view: (holder) => new StateView(holder),
  };
}
