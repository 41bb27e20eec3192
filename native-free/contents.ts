/**
 * What the store holds at this moment: the memtable that takes new entries, the one that is being written out, and the
 * tables, newest first. Everything is replaced as a whole or only grows, so a snapshot is a handful of references; it
 * retains the tables it sees, and must be released.
 */
import { assert } from '../src/base/assert.ts';
import type { EntryReader } from './entry.ts';
import { type EntryCursor, MergeCursor } from './entry-cursor.ts';
import { hashRange } from './key-hash.ts';
import { Memtable, MemtableCursor } from './memtable.ts';
import type { Table } from './table.ts';
import { TableCursor } from './table-cursor.ts';

export class Contents {
  active: Memtable;
  /** Full and unchanging; a table is being made of it. */
  frozen: Memtable | undefined;
  tables: readonly Table[];

  readonly #memtableBytesMax: number;

  constructor(tables: readonly Table[], memtableBytesMax: number) {
    this.tables = tables;
    this.#memtableBytesMax = memtableBytesMax;
    this.active = new Memtable(memtableBytesMax);
  }

  get isFull(): boolean {
    return this.active.memoryBytes >= this.#memtableBytesMax;
  }

  /** Puts the active memtable aside, to be written out, and begins another. */
  freeze(): Memtable {
    assert(this.frozen === undefined, 'one memtable at a time is written out');
    const full = this.active;
    this.frozen = full;
    this.active = new Memtable(this.#memtableBytesMax);
    return full;
  }

  snapshot(): Snapshot {
    return new Snapshot(this);
  }
}

export class Snapshot {
  readonly #active: Memtable;
  readonly #activeLimit: number;
  readonly #frozen: Memtable | undefined;
  readonly #tables: readonly Table[];
  #isReleased = false;

  constructor({ active, frozen, tables }: Contents) {
    this.#active = active;
    this.#activeLimit = active.limit;
    this.#frozen = frozen;
    this.#tables = tables;
    for (const table of tables) table.retain();
  }

  /** A copy of the value of a key, or undefined. */
  get(key: Uint8Array, entry: EntryReader): Uint8Array | undefined {
    return this.#find(key, entry) && !entry.isDeletion ? entry.copyValue() : undefined;
  }

  /** Walks all entries from a key on, deletions included. The snapshot must be kept meanwhile. */
  cursor(from: Uint8Array): EntryCursor {
    const cursors: EntryCursor[] = [new MemtableCursor(this.#active, this.#activeLimit, from)];
    if (this.#frozen !== undefined) cursors.push(new MemtableCursor(this.#frozen, this.#frozen.limit, from));
    for (const table of this.#tables) cursors.push(new TableCursor(table, from));
    return new MergeCursor(cursors);
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    for (const table of this.#tables) table.release();
  }

  #find(key: Uint8Array, entry: EntryReader): boolean {
    if (this.#active.find(key, this.#activeLimit, entry)) return true;
    if (this.#frozen?.find(key, this.#frozen.limit, entry) === true) return true;
    if (this.#tables.length === 0) return false;
    const hash = hashRange(key, 0, key.length);
    for (const table of this.#tables) if (table.find(key, hash, entry)) return true;
    return false;
  }
}
