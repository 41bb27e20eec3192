/**
 * Rows in memory, found by their keys and gone through in the order of these. Beside the sorted tree lies a hash table
 * that holds nothing but the rows, with open addressing as in `EntityTable`: among a million rows, a search by comparing
 * takes twenty cache misses, a `Map` of strings about six, and this three or four.
 */
import { hashId } from '../keys/id-hash.ts';
import type { Row } from './row.ts';
import { RowTree } from './row-tree.ts';

const SLOTS_MIN = 64;

export class RowTable {
  readonly #tree = new RowTree<Row>();
  #mask = SLOTS_MIN - 1;
  #slots: (Row | undefined)[] = new Array<Row | undefined>(SLOTS_MIN).fill(undefined);

  get size(): number {
    return this.#tree.size;
  }

  get(key: string): Row | undefined {
    const hash = hashId(key);
    for (let slot = hash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const row = this.#slots[slot];
      if (row === undefined || (row.hash === hash && row.key === key)) return row;
    }
  }

  /** Adds a row whose key is not there. */
  add(row: Row): void {
    if (this.#tree.size * 2 >= this.#mask) this.#grow();
    this.#tree.set(row.key, row);
    this.#place(row);
  }

  /** Removes a row, if it is there, and closes the gap so that searches need no tombstones. */
  remove(row: Row): void {
    let gap = row.hash & this.#mask;
    while (this.#slots[gap] !== row) {
      if (this.#slots[gap] === undefined) return;
      gap = (gap + 1) & this.#mask;
    }
    this.#tree.delete(row.key);
    for (let slot = (gap + 1) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const next = this.#slots[slot];
      if (next === undefined) break;
      // A row may move into the gap only if that does not bring it before the slot where its search begins.
      if (((slot - next.hash) & this.#mask) < ((slot - gap) & this.#mask)) continue;
      this.#slots[gap] = next;
      gap = slot;
    }
    this.#slots[gap] = undefined;
  }

  /** All rows with `from` <= key < `before`, as they are now. */
  range(from: string, before: string): Row[] {
    return this.#tree.range(from, before);
  }

  /** The same, but no more than so many. */
  first(from: string, before: string, count: number): Row[] {
    return this.#tree.first(from, before, count);
  }

  values(): Iterable<Row> {
    return this.#tree.values();
  }

  #place(row: Row): void {
    let slot = row.hash & this.#mask;
    while (this.#slots[slot] !== undefined) slot = (slot + 1) & this.#mask;
    this.#slots[slot] = row;
  }

  #grow(): void {
    const old = this.#slots;
    this.#mask = old.length * 2 - 1;
    this.#slots = new Array<Row | undefined>(old.length * 2).fill(undefined);
    for (const row of old) if (row !== undefined) this.#place(row);
  }
}
