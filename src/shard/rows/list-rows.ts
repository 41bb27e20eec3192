/**
 * How a list lies in rows, and when its elements expire. Each element is a row whose key ends with its index; which of
 * them there are says a cell of the entity: how many, or, of a list that expires, where it begins and ends. What expires is always the front: an element is given no earlier a deadline than the one before it, and what
 * keeps all of them alive is one time in the cell, the floor. So the first that is left is found by bisection, and there
 * is no further row for an element.
 */
import { KeptValue, NEVER } from '../../state/kept-value.ts';
import { unsigned } from '../../state/row.ts';

/** An index in a key. */
export const LIST_INDEX_BYTES = 6;

export interface ListBounds {
  /** Of what has not been removed, expired or not. */
  readonly first: number;
  /** What is before it has expired, whatever the floor. */
  readonly left: number;
  readonly end: number;
  /** None of its elements expires earlier; those that have no time of their own expire then. */
  readonly floor: number;
}

const EMPTY: ListBounds = { first: 0, left: 0, end: 0, floor: 0 };

export function listBounds(cell: unknown): ListBounds {
  const held = cell instanceof KeptValue ? cell.value : cell;
  if (held === undefined) return EMPTY;
  if (typeof held === 'number') return { ...EMPTY, end: held };
  const [first, left, end, floor] = held as readonly number[];
  return { first, left, end, floor };
}

/** What the cell of a list holds that expires, or once did. */
export function heldBounds({ first, left, end, floor }: ListBounds): unknown {
  return [first, left, end, floor];
}

/** When the last element expires. */
export function listDeadline(cell: unknown): number {
  return cell instanceof KeptValue ? cell.deadline : NEVER;
}

export function elementKey(prefix: string, index: number): string {
  return prefix + unsigned(index, LIST_INDEX_BYTES);
}

/** When an element expires; `expires` says whether its list does. A removed one has. */
export function elementDeadline(stored: unknown, { floor }: ListBounds, expires: boolean): number {
  if (stored === undefined) return Number.NEGATIVE_INFINITY;
  const own = stored instanceof KeptValue ? stored.deadline : NEVER;
  if (own < NEVER) return Math.max(own, floor);
  // From before its list had an expiration; without a floor nobody has looked at the list since.
  return expires && floor > 0 ? floor : NEVER;
}

/** The first element that is left, of those up to the end; `isGone` is true of all before it. */
export function firstLeft({ left: first, end }: ListBounds, isGone: (index: number) => boolean): number {
  if (first === end || !isGone(first)) return first;
  let gone = first;
  let left = end;
  while (left - gone > 1) {
    const middle = Math.floor((gone + left) / 2);
    if (isGone(middle)) gone = middle;
    else left = middle;
  }
  return left;
}
