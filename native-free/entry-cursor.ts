/**
 * A walk over entries in ascending order of their keys, newest first among equal ones: over a memtable, over a table, or
 * over several of them at once. It is synchronous and goes one entry at a time; whoever drives it decides how far it
 * goes before it gives the thread back (I10).
 */
import { compareRanges } from './byte-order.ts';
import type { EntryReader } from './entry.ts';

export interface EntryCursor {
  /** The entry under the cursor; only while it is not done, and only until it moves. */
  readonly entry: EntryReader;
  readonly isDone: boolean;
  next(): void;
}

/**
 * Several cursors as one. Of entries with one key it shows that of the cursor that comes first in the list; deletions
 * are shown like any entry.
 */
export class MergeCursor implements EntryCursor {
  readonly #cursors: EntryCursor[];
  #current = 0;

  /** Newest first. */
  constructor(cursors: readonly EntryCursor[]) {
    this.#cursors = cursors.filter(({ isDone }) => !isDone);
    this.#choose();
  }

  get entry(): EntryReader {
    return this.#cursors[this.#current].entry;
  }

  get isDone(): boolean {
    return this.#cursors.length === 0;
  }

  next(): void {
    this.#advance(this.#current);
    this.#choose();
  }

  #choose(): void {
    const cursors = this.#cursors;
    let best = 0;
    for (let index = 1; index < cursors.length; ) {
      const a = cursors[index].entry;
      const b = cursors[best].entry;
      const order = compareRanges(a.bytes, a.keyStart, a.keyEnd, b.bytes, b.keyStart, b.keyEnd);
      // An older entry of the same key is covered, whatever turns out to be the least key.
      if (order === 0 && this.#advance(index)) continue;
      if (order < 0) best = index;
      if (order !== 0) index++;
    }
    this.#current = best;
  }

  /** Moves one cursor on; true when that was its last entry and it has left the list. */
  #advance(index: number): boolean {
    const cursor = this.#cursors[index];
    cursor.next();
    if (cursor.isDone) this.#cursors.splice(index, 1);
    return cursor.isDone;
  }
}
