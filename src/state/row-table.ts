/**
 * Rows in memory, found by their keys and gone through in the order of these. Beside the sorted tree lies a hash table
 * that holds nothing but the rows, with open addressing as in `EntityTable`: among a million rows, a search by comparing
 * takes twenty cache misses, a `Map` of strings about six, and this three or four.
 *
 * A row is sorted in only when somebody goes through rows in order: many, such as timers of a few seconds, come and go
 * before that, and need not be compared with any other. Those of timers are not even placed in the hash table
 * before somebody asks for one by its key.
 */
import { hashId } from '../keys/id-hash.ts';
import { SECTION_TIMER, SECTION_TIMER_OF } from '../store/key-layout.ts';
import { PLACE_HASHED, PLACE_LATE, PLACE_NONE, PLACE_SORTED, type Row } from './row.ts';
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
  /** Rows that are not in the hash table either, in no order; the hash of each says where it is. */
  #unplaced: Row[] = [];
  #placedCount = 0;
  #mask = SLOTS_MIN - 1;
  #slots: (Row | undefined)[] = new Array<Row | undefined>(SLOTS_MIN).fill(undefined);

  get size(): number {
    return this.#tree.size + this.#unsortedCount + this.#unplaced.length;
  }

  get(key: string): Row | undefined {
    if (this.#unplaced.length > 0 && mayBeLate(key)) this.#placeAll();
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

  /** The same of a row of a timer, which is probably gone before anybody asks for it by its key. */
  addLate(row: Row): void {
    row.place = PLACE_LATE;
    row.hash = this.#unplaced.length;
    this.#unplaced.push(row);
  }

  /** Removes a row, if it is there, and closes the gap so that searches need no tombstones. */
  remove(row: Row): void {
    const { place } = row;
    if (place === PLACE_NONE) return;
    row.place = PLACE_NONE;
    if (place === PLACE_LATE) {
      this.#removeLate(row);
      return;
    }
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
    return this.#sorted().range(from, before);
  }

  /** The same, but no more than so many. */
  first(from: string, before: string, count: number): Row[] {
    return this.#sorted().first(from, before, count);
  }

  values(): Iterable<Row> {
    return this.#sorted().values();
  }

  #sorted(): RowTree<Row> {
    this.#placeAll();
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

  /** The last one takes its place. */
  #removeLate(row: Row): void {
    const last = this.#unplaced.pop();
    if (last === undefined || last === row) return;
    last.hash = row.hash;
    this.#unplaced[row.hash] = last;
  }

  #placeAll(): void {
    if (this.#unplaced.length === 0) return;
    for (const row of this.#unplaced) this.#place(row);
    this.#unplaced = [];
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

/** Whether rows with such keys come late: timers, and what belongs to a function type; not hints, and not tokens. */
function mayBeLate(key: string): boolean {
  const section = key.charCodeAt(SECTION_AT);
  if (section === SECTION_TIMER) return key.length > SECTION_AT + 1;
  return section === SECTION_TIMER_OF && (key.charCodeAt(SECTION_AT + 1) | key.charCodeAt(SECTION_AT + 2)) !== 0;
}
