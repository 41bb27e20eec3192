/**
 * A list of the entity that is being invoked: rows and a cell, as `list-rows.ts` has them. So appending is one row and one number, and rows beyond the length, such as a list
 * may have left that the function did not declare for a while, are never seen.
 */
import { MillraceError } from '../../sdk/errors.ts';
import type { List } from '../../sdk/list.ts';
import { bareValue, KeptValue, NEVER } from '../../state/kept-value.ts';
import type { StateSlot } from '../../state/state-view.ts';
import { SECTION_LIST } from '../../store/key-layout.ts';
import { dueOf } from '../rows/expiry-rows.ts';
import {
  elementDeadline,
  elementKey,
  firstLeft,
  heldBounds,
  type ListBounds,
  listBounds,
  listDeadline,
} from '../rows/list-rows.ts';
import { StateHandle, type StateHolder, type StateOwner } from './state-handle.ts';

export class ListHandle extends StateHandle implements List<unknown> {
  readonly #cell: number;

  constructor(holder: StateHolder, owner: StateOwner, slot: StateSlot) {
    super(holder, owner, SECTION_LIST, slot);
    this.#cell = slot.cell;
  }

  get length(): number {
    const cell = this.holder.getCell(this.#cell);
    if (typeof cell === 'number') return cell;
    if (cell === undefined) return 0;
    const bounds = listBounds(cell);
    return bounds.end - this.#firstLeft(bounds, listDeadline(cell));
  }

  append(element: unknown): void {
    this.#put([this.#checked(element, () => this.length)]);
  }

  appendAll(elements: Iterable<unknown>): void {
    this.#put(this.#allChecked(elements, () => this.length));
  }

  replaceWith(elements: Iterable<unknown>): void {
    const checked = this.#allChecked(elements, () => 0);
    this.clear();
    this.#put(checked);
  }

  *view(): Generator<never, void, undefined> {
    const cell = this.holder.getCell(this.#cell);
    const bounds = this.#used(listBounds(cell), listDeadline(cell));
    // A list that is cleared meanwhile has fewer.
    const first = this.#firstLeft(bounds, NEVER);
    for (let index = first; index < Math.min(bounds.end, this.#end); index++) {
      const stored = this.holder.rows.get(this.#keyOf(index));
      if (!this.#isGoneOf(bounds, stored)) yield this.open(stored, index - first);
    }
  }

  /** Reading keeps all that is left alive; of what was appended before the list expired, the time begins here. */
  #used(bounds: ListBounds, deadline: number): ListBounds {
    const { holder, rules } = this;
    if (rules?.expires !== true || bounds.first === bounds.end) return bounds;
    const now = holder.time();
    const whole = new KeptValue(undefined, 1, deadline === NEVER ? NEVER : bounds.floor, true);
    if (deadline <= now || !rules.wantsRenewal(whole, now)) return bounds;
    // Of what has expired nothing may come back.
    const used = { ...bounds, left: this.#firstLeft(bounds, deadline), floor: rules.deadlineAt(now) };
    this.#write(used, deadline === NEVER ? used.floor : Math.max(deadline, used.floor));
    return used;
  }

  clear(): void {
    const { holder } = this;
    // Without a length there may still be rows, of a list that was not declared for a while.
    holder.rows.erase(this.prefix);
    if (holder.getCell(this.#cell) !== undefined) holder.writeCell(this.#cell, undefined);
  }

  get #end(): number {
    return listBounds(this.holder.getCell(this.#cell)).end;
  }

  #keyOf(index: number): string {
    return elementKey(this.prefix, index);
  }

  #isGoneOf(bounds: ListBounds, stored: unknown): boolean {
    const deadline = elementDeadline(stored, bounds, this.rules?.expires === true);
    return deadline < NEVER && deadline <= this.holder.time();
  }

  /** `deadline` is that of the last one. */
  #firstLeft(bounds: ListBounds, deadline: number): number {
    const { holder } = this;
    if (deadline < NEVER && deadline <= holder.time()) return bounds.end;
    return firstLeft(bounds, (index) => this.#isGoneOf(bounds, holder.rows.get(this.#keyOf(index))));
  }

  /** A list of its own, since what is given may read this very list. `first` says where in it they are to be. */
  #allChecked(elements: Iterable<unknown>, first: () => number): unknown[] {
    return [...elements].map((element, offset) => this.#checked(element, () => first() + offset));
  }

  #checked(element: unknown, index: () => number): unknown {
    const accepted = this.accept(element, index);
    if (accepted !== undefined) return accepted;
    return this.refuse(new MillraceError('MESSAGE_NOT_ENCODABLE', 'A list cannot hold undefined.'), index);
  }

  #put(elements: readonly unknown[]): void {
    if (elements.length === 0) return;
    const { holder, rules } = this;
    const cell = holder.getCell(this.#cell);
    let bounds = listBounds(cell);
    let deadline = NEVER;
    if (rules?.expires === true) {
      // What was there before it expired is counted from now; a list that has gone by begins anew.
      const before = listDeadline(cell);
      if (before === NEVER) bounds = this.#used(bounds, NEVER);
      deadline = Math.max(rules.deadlineAt(holder.time()), before === NEVER ? bounds.floor : before);
    }
    let { end } = bounds;
    for (const element of elements) holder.rows.set(this.#keyOf(end++), until(element, deadline));
    this.#write({ ...bounds, end }, deadline);
  }

  #write(bounds: ListBounds, deadline: number): void {
    const { holder } = this;
    if (deadline < NEVER) {
      holder.keepCell(this.#cell, new KeptValue(heldBounds(bounds), 1, deadline, true), dueOf(deadline));
    } else {
      const held = bareValue(holder.getCell(this.#cell));
      holder.writeCell(this.#cell, typeof held === 'object' ? heldBounds(bounds) : bounds.end);
    }
  }
}

/** Of elements one after the other, none expires earlier than the one before it. */
function until(element: unknown, deadline: number): unknown {
  if (!(element instanceof KeptValue) || element.deadline >= deadline || deadline === NEVER) return element;
  return new KeptValue(element.value, element.version, deadline, true);
}
