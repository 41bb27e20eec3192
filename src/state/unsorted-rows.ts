/**
 * Rows that nobody has wanted in order yet, by their key groups and sections, so that whoever wants those of one does not
 * have to sort all. It belongs to `RowTable`. Rows that are gone stay in the lists for a while; they are left out then.
 */
import { KEY_GROUP_COUNT } from '../keys/key-group.ts';
import type { Row } from './row.ts';

const SECTION_BITS = 4;
const SECTION_COUNT = 1 << SECTION_BITS;
const SECTION_AT = 2;
const LIST_COUNT = KEY_GROUP_COUNT << SECTION_BITS;
/** The list of keys that no key group or section has. */
const ODD = LIST_COUNT;
/** So many rows that are gone may be in a list, beside as many as are not. */
const GONE_MAX = 64;
/** Of those that have never had a row, which are most: the table is large. */
const NO_LISTS: (List | undefined)[] = [];

interface List {
  rows: Row[];
  /** Those that are not gone. */
  count: number;
}

export class UnsortedRows {
  /** Rows that are not gone. */
  size = 0;
  #lists: (List | undefined)[] = NO_LISTS;

  add(row: Row): void {
    if (this.#lists === NO_LISTS) this.#lists = new Array<List | undefined>(LIST_COUNT + 1).fill(undefined);
    const at = listOf(row.key);
    let list = this.#lists[at];
    if (list === undefined) {
      list = { rows: [], count: 0 };
      this.#lists[at] = list;
    }
    list.rows.push(row);
    list.count++;
    this.size++;
  }

  /** It is gone. */
  remove(row: Row): void {
    this.size--;
    const list = this.#lists[listOf(row.key)] as List;
    if (list.rows.length < --list.count * 2 + GONE_MAX) return;
    list.rows = list.rows.filter(({ isKept }) => isKept);
  }

  /** Takes out all whose keys may lie in this range. */
  take(from: string, before: string, visit: (row: Row) => void): void {
    if (this.size === 0) return;
    const first = listOf(from) % ODD;
    // What is no longer than a section's head is below all keys of that section.
    const last = Math.min(listOf(before), LIST_COUNT) - (before.length > SECTION_AT + 1 ? 0 : 1);
    for (let at = first; at <= last; at++) this.#takeList(at, visit);
    this.#takeList(ODD, visit);
  }

  #takeList(at: number, visit: (row: Row) => void): void {
    const list = this.#lists[at];
    if (list === undefined) return;
    this.#lists[at] = undefined;
    this.size -= list.count;
    for (const row of list.rows) if (row.isKept) visit(row);
  }
}

/** Keys of one list lie together in the order of keys, but for odd ones, such as those that are too short. */
function listOf(key: string): number {
  const keyGroup = (key.charCodeAt(0) << 8) | key.charCodeAt(1);
  const section = key.charCodeAt(SECTION_AT);
  return keyGroup < KEY_GROUP_COUNT && section < SECTION_COUNT ? (keyGroup << SECTION_BITS) | section : ODD;
}
