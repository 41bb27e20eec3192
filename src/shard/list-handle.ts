/**
 * A list of the entity that is being invoked. Each element is a row whose key ends with the element's index; how many
 * there are is a cell of the entity. So appending is one row and one number, and rows beyond the length, such as a list
 * may have left that the function did not declare for a while, are never seen.
 */
import { MillraceError } from '../sdk/errors.ts';
import type { List } from '../sdk/list.ts';
import { unsigned } from '../state/row.ts';
import type { StateSlot } from '../state/state-view.ts';
import { SECTION_LIST } from '../store/key-layout.ts';
import { StateHandle, type StateHolder, type StateOwner } from './state-handle.ts';

/** An index in a key. */
export const LIST_INDEX_BYTES = 6;

export class ListHandle extends StateHandle implements List<unknown> {
  readonly #cell: number;

  constructor(holder: StateHolder, owner: StateOwner, slot: StateSlot) {
    super(holder, owner, SECTION_LIST, slot);
    this.#cell = slot.cell;
  }

  get length(): number {
    return (this.holder.readCell(this.#cell) as number | undefined) ?? 0;
  }

  append(element: unknown): void {
    this.#put([this.#checked(element)], this.length);
  }

  appendAll(elements: Iterable<unknown>): void {
    this.#put(this.#allChecked(elements), this.length);
  }

  replaceWith(elements: Iterable<unknown>): void {
    const checked = this.#allChecked(elements);
    this.clear();
    this.#put(checked, 0);
  }

  *view(): Generator<never, void, undefined> {
    const { length } = this;
    // A list that is cleared meanwhile has fewer.
    for (let index = 0; index < Math.min(length, this.length); index++) {
      const { holder } = this;
      yield this.open(holder.rows.get(this.#keyOf(index)));
    }
  }

  clear(): void {
    const { holder } = this;
    // Without a length there may still be rows, of a list that was not declared for a while.
    holder.rows.erase(this.prefix);
    if (this.length > 0) holder.writeCell(this.#cell, undefined);
  }

  #keyOf(index: number): string {
    return this.prefix + unsigned(index, LIST_INDEX_BYTES);
  }

  /** A list of its own, since what is given may read this very list. */
  #allChecked(elements: Iterable<unknown>): unknown[] {
    return [...elements].map((element) => this.#checked(element));
  }

  #checked(element: unknown): unknown {
    const accepted = this.accept(element);
    if (accepted !== undefined) return accepted;
    throw new MillraceError('MESSAGE_NOT_ENCODABLE', 'A list cannot hold undefined.');
  }

  #put(elements: readonly unknown[], start: number): void {
    if (elements.length === 0) return;
    const { holder } = this;
    let length = start;
    for (const element of elements) holder.rows.set(this.#keyOf(length++), element);
    holder.writeCell(this.#cell, length);
  }
}
