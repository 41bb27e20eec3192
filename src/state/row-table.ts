/**
 * Rows in memory, found by their keys and gone through in the order of these. Beside the sorted tree lies a hash table
 * that holds nothing but the rows, with open addressing as in `EntityTable`: among a million rows, a search by comparing
 * takes twenty cache misses, a `Map` of strings about six, and this three or four.
 *
 * A row is sorted in only when somebody goes through rows in order: many come and go before that, and need not be compared
 * with any other. Those of timers are not even rows before somebody asks for one by its key: until then they wait here,
 * in pairs.
 */
import { hashId } from '../keys/id-hash.ts';
import { SECTION_TIMER, SECTION_TIMER_OF } from '../store/key-layout.ts';
import { PLACE_HASHED, PLACE_NONE, PLACE_SORTED, type Row } from './row.ts';
import type { RowPair } from './row-pair.ts';
import { RowTree } from './row-tree.ts';

/** Where in a key its section stands. */
const SECTION_AT = 2;
const SLOTS_MIN = 64;
/** So many rows that are gone may wait to be sorted in, beside as many as are not. */
const GONE_MAX = 1_024;

export class RowTable {
  readonly #tree = new RowTree<Row>();
  /** Rows that are not in the tree; some of them may be gone. */
  #unsorted: Row[] = [];
  #unsortedCount = 0;
  /** Rows that are still pairs, in no order. */
  #late: RowPair[] = [];
  readonly #part: (pair: RowPair) => readonly Row[];
  #placedCount = 0;
  #mask = SLOTS_MIN - 1;
  #slots: (Row | undefined)[] = new Array<Row | undefined>(SLOTS_MIN).fill(undefined);

  /** `part` makes the rows of a pair. */
  constructor(part: (pair: RowPair) => readonly Row[]) {
    this.#part = part;
  }

  get size(): number {
    return this.#tree.size + this.#unsortedCount + this.#late.length * 2;
  }

  get(key: string): Row | undefined {
    if (this.#late.length > 0 && mayBeLate(key)) this.#partAll();
    const hash = hashId(key);
    for (let slot = hash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const row = this.#slots[slot];
      if (row === undefined || (row.hash === hash && row.key === key)) return row;
    }
  }

  /** Adds a row whose key is not there. */
  add(row: Row): void {
    this.#place(row);
  }

  /** The same of the rows of a timer, which are probably gone before anybody asks for one by its key. */
  addLate(pair: RowPair): void {
    pair.lateAt = this.#late.length;
    this.#late.push(pair);
  }

  /** Removes a pair, if it is there; the last one takes its place. */
  removeLate(pair: RowPair): void {
    if (!pair.isLate) return;
    const last = this.#late.pop();
    if (last !== undefined && last !== pair) {
      last.lateAt = pair.lateAt;
      this.#late[pair.lateAt] = last;
    }
    pair.leave();
  }

  /** Removes a row, if it is there, and closes the gap so that searches need no tombstones. */
  remove(row: Row): void {
    const { place } = row;
    if (place === PLACE_NONE) return;
    row.place = PLACE_NONE;
    let gap = row.hash & this.#mask;
    while (this.#slots[gap] !== row) gap = (gap + 1) & this.#mask;
    this.#unlist(row, place);
    this.#placedCount--;
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
    return this.#sorted(from, before).range(from, before);
  }

  /** The same, but no more than so many. */
  first(from: string, before: string, count: number): Row[] {
    return this.#sorted(from, before).first(from, before, count);
  }

  values(): Iterable<Row> {
    this.#partAll();
    return this.#sorted('', '').values();
  }

  /** The tree, with all rows of a range in it. */
  #sorted(from: string, before: string): RowTree<Row> {
    if (this.#late.length > 0 && mayHoldLate(from, before)) this.#partAll();
    for (const row of this.#unsorted) {
      if (!row.isKept) continue;
      row.place = PLACE_SORTED;
      this.#tree.set(row.key, row);
    }
    this.#unsorted = [];
    this.#unsortedCount = 0;
    return this.#tree;
  }

  #unlist(row: Row, place: number): void {
    if (place === PLACE_SORTED) {
      this.#tree.delete(row.key);
      return;
    }
    this.#unsortedCount--;
    if (this.#unsorted.length < this.#unsortedCount * 2 + GONE_MAX) return;
    this.#unsorted = this.#unsorted.filter(({ isKept }) => isKept);
  }

  #partAll(): void {
    for (const pair of this.#late) {
      pair.leave();
      for (const row of this.#part(pair)) this.#place(row);
    }
    this.#late = [];
  }

  #place(row: Row): void {
    if (++this.#placedCount * 2 > this.#mask) this.#grow();
    row.hash = hashId(row.key);
    row.place = PLACE_HASHED;
    this.#unsorted.push(row);
    this.#unsortedCount++;
    this.#put(row);
  }

  #put(row: Row): void {
    let slot = row.hash & this.#mask;
    while (this.#slots[slot] !== undefined) slot = (slot + 1) & this.#mask;
    this.#slots[slot] = row;
  }

  #grow(): void {
    const old = this.#slots;
    this.#mask = old.length * 2 - 1;
    this.#slots = new Array<Row | undefined>(old.length * 2).fill(undefined);
    for (const row of old) if (row !== undefined) this.#put(row);
  }
}

/** Whether rows that come late may lie in this range. */
function mayHoldLate(from: string, before: string): boolean {
  if (from.slice(0, SECTION_AT) !== before.slice(0, SECTION_AT)) return true;
  const [first, last] = [from.charCodeAt(SECTION_AT), before.charCodeAt(SECTION_AT)];
  // Not a number where a bound is shorter than that: then it may.
  return !(last < Math.min(SECTION_TIMER, SECTION_TIMER_OF) || first > Math.max(SECTION_TIMER, SECTION_TIMER_OF));
}

/** Whether rows with such keys come late: timers, and what belongs to a function type; not hints, and not tokens. */
function mayBeLate(key: string): boolean {
  const section = key.charCodeAt(SECTION_AT);
  if (section === SECTION_TIMER) return key.length > SECTION_AT + 1;
  return section === SECTION_TIMER_OF && (key.charCodeAt(SECTION_AT + 1) | key.charCodeAt(SECTION_AT + 2)) !== 0;
}
