/**
 * Rows in memory, found by their keys and gone through in the order of these. Beside the sorted tree lies a hash table
 * that holds nothing but the rows, with open addressing as in `EntityTable`: among a million rows, a search by comparing
 * takes twenty cache misses, a `Map` of strings about six, and this three or four.
 *
 * A row is sorted in only when somebody goes through rows of its key group and section in order: many come and go before
 * that, and need not be compared with any other; and where many are there at once, as after a start, those of one key
 * group are sorted in at a time (I10). Those of timers are not even rows before somebody asks for one by its key, or for
 * those of its key group in order: until then they are pairs (`RowPairs`).
 */
import { hashId } from '../keys/id-hash.ts';
import { KEY_GROUP_COUNT } from '../keys/key-group.ts';
import { SECTION_TIMER, SECTION_TIMER_OF } from '../store/key-layout.ts';
import { NO_PAIR, type Pair } from './pair-layout.ts';
import { PLACE_HASHED, PLACE_NONE, PLACE_SORTED, type Row } from './row.ts';
import type { RowPairs } from './row-pairs.ts';
import { RowTree } from './row-tree.ts';
import { UnsortedRows } from './unsorted-rows.ts';

/** Where in a key its section stands. */
const SECTION_AT = 2;
const SLOTS_MIN = 64;

export class RowTable {
  readonly #tree = new RowTree<Row>();
  /** Rows that are not in the tree. */
  readonly #unsorted = new UnsortedRows();
  readonly #pairs: RowPairs;
  readonly #part: (pair: Pair) => readonly Row[];
  #placedCount = 0;
  #mask = SLOTS_MIN - 1;
  #slots: (Row | undefined)[] = new Array<Row | undefined>(SLOTS_MIN).fill(undefined);

  /** `part` makes the rows of a pair that waits, which waits no more then. */
  constructor(pairs: RowPairs, part: (pair: Pair) => readonly Row[]) {
    this.#pairs = pairs;
    this.#part = part;
  }

  get size(): number {
    return this.#tree.size + this.#unsorted.size + this.#pairs.waitingCount * 2;
  }

  get(key: string): Row | undefined {
    if (this.#pairs.waitingCount > 0 && mayBePaired(key)) this.#partOf(key);
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
    return this.#sorted('', '\xff').values();
  }

  /** The tree, with all rows of a range in it. */
  #sorted(from: string, before: string): RowTree<Row> {
    if (this.#pairs.waitingCount > 0 && mayHoldPairs(from, before)) this.#partBetween(from, before);
    this.#unsorted.take(from, before, this.#sort);
    return this.#tree;
  }

  readonly #sort = (row: Row): void => {
    row.place = PLACE_SORTED;
    this.#tree.set(row.key, row);
  };

  #unlist(row: Row, place: number): void {
    if (place === PLACE_SORTED) {
      this.#tree.delete(row.key);
      return;
    }
    this.#unsorted.remove(row);
  }

  #partOf(key: string): void {
    const pair = this.#pairs.find(key);
    if (pair !== NO_PAIR) this.#makeRows(pair);
  }

  #partBetween(from: string, before: string): void {
    const isWithinOne = from.length > SECTION_AT && from.slice(0, SECTION_AT) === before.slice(0, SECTION_AT);
    const [first, end] = isWithinOne ? [keyGroupOf(from), keyGroupOf(from) + 1] : [0, KEY_GROUP_COUNT];
    for (let keyGroup = first; keyGroup < Math.min(end, KEY_GROUP_COUNT); keyGroup++) {
      for (let pair = this.#pairs.firstOf(keyGroup); pair !== NO_PAIR; pair = this.#pairs.firstOf(keyGroup)) {
        this.#makeRows(pair);
      }
    }
  }

  #makeRows(pair: Pair): void {
    for (const row of this.#part(pair)) this.#place(row);
  }

  #place(row: Row): void {
    if (++this.#placedCount * 2 > this.#mask) this.#grow();
    row.hash = hashId(row.key);
    row.place = PLACE_HASHED;
    this.#unsorted.add(row);
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

function keyGroupOf(key: string): number {
  return (key.charCodeAt(0) << 8) | key.charCodeAt(1);
}

/** Whether rows that are pairs may lie in this range. */
function mayHoldPairs(from: string, before: string): boolean {
  if (from.slice(0, SECTION_AT) !== before.slice(0, SECTION_AT)) return true;
  const [first, last] = [from.charCodeAt(SECTION_AT), before.charCodeAt(SECTION_AT)];
  // Not a number where a bound is shorter than that: then it may.
  return !(last < Math.min(SECTION_TIMER, SECTION_TIMER_OF) || first > Math.max(SECTION_TIMER, SECTION_TIMER_OF));
}

/** Whether rows with such keys come in pairs: timers, and what belongs to a function type; not hints, and not tokens. */
function mayBePaired(key: string): boolean {
  const section = key.charCodeAt(SECTION_AT);
  if (section === SECTION_TIMER) return key.length > SECTION_AT + 1;
  return section === SECTION_TIMER_OF && (key.charCodeAt(SECTION_AT + 1) | key.charCodeAt(SECTION_AT + 2)) !== 0;
}
