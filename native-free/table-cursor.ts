/**
 * Walks a table in order, reading each page once and past the cache, so that a scan or a compaction does not drive out
 * what is being looked up.
 */
import { EntryReader } from './entry.ts';
import type { EntryCursor } from './entry-cursor.ts';
import { indexCount, pageEnd, pageNumberOf } from './index-pages.ts';
import { entryCount, moveToEntry, seekInPage } from './page.ts';
import type { Table } from './table.ts';

const NO_PAGE = new Uint8Array(0);

export class TableCursor implements EntryCursor {
  readonly entry: EntryReader = new EntryReader();
  isDone = false;
  readonly #table: Table;
  #group: number;
  #indexPage: Uint8Array = NO_PAGE;
  #pageNumber = 0;
  #page: Uint8Array = NO_PAGE;
  #entryCount = 0;
  #entryNumber = 0;

  /** The caller retains the table for as long as the cursor moves. */
  constructor(table: Table, from: Uint8Array) {
    this.#table = table;
    this.#group = Math.max(0, table.root.groupOf(from));
    this.#openGroup();
    this.#pageNumber = Math.max(0, pageNumberOf(this.#indexPage, from));
    this.#openPage();
    this.#entryNumber = seekInPage(this.#page, this.#entryCount, from, this.entry);
    this.#settle();
  }

  next(): void {
    this.#entryNumber++;
    this.#settle();
  }

  #settle(): void {
    if (this.#entryNumber === this.#entryCount && !this.#nextPage()) {
      this.isDone = true;
      return;
    }
    moveToEntry(this.#page, this.#entryCount, this.#entryNumber, this.entry);
  }

  #nextPage(): boolean {
    this.#entryNumber = 0;
    this.#pageNumber++;
    if (this.#pageNumber === indexCount(this.#indexPage)) {
      this.#group++;
      if (this.#group === this.#table.root.count) return false;
      this.#pageNumber = 0;
      this.#openGroup();
    }
    this.#openPage();
    return true;
  }

  #openGroup(): void {
    const { root } = this.#table;
    this.#indexPage = this.#table.readPage(root.indexOffset(this.#group), root.indexBytes(this.#group));
  }

  #openPage(): void {
    const start = pageEnd(this.#indexPage, this.#pageNumber - 1);
    const end = pageEnd(this.#indexPage, this.#pageNumber);
    this.#page = this.#table.readPage(this.#table.root.groupStart(this.#group) + start, end - start);
    this.#entryCount = entryCount(this.#page);
  }
}
