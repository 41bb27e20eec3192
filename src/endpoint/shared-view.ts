/**
 * `ctx.state` of invocations that return at once: one object for all of them, one after the other, as in the engine. It is
 * dear to make, and quicker to use than what each would have to itself. Belongs to what runs the batches of one function;
 * no two invocations that are under way at a time may have the same one.
 */
import type { CellHolder, StateShape, StateSlot } from '../state/state-view.ts';

export class SharedView implements CellHolder {
  /** Who looks at the state now. One that has ended refuses by itself. */
  #holder: CellHolder;
  readonly #view: object;

  constructor(shape: StateShape, holder: CellHolder) {
    this.#holder = holder;
    this.#view = shape.view(this);
  }

  /** The state as this invocation sees it, for as long as nobody else asks for it. */
  of(holder: CellHolder): object {
    this.#holder = holder;
    return this.#view;
  }

  readCell(index: number): unknown {
    return this.#holder.readCell(index);
  }

  writeCell(index: number, value: unknown): void {
    this.#holder.writeCell(index, value);
  }

  handle(slot: StateSlot): object {
    return this.#holder.handle(slot);
  }
}
