/**
 * Makes, opens and removes the table files of a store. A table is written in slices (I10), and whoever waits may stop it
 * between two of them.
 */
import type { FileSystem } from '../src/base/file-system.ts';
import type { FirstFailure } from '../src/store/first-failure.ts';
import type { EntryCursor } from './entry-cursor.ts';
import { tablePath } from './file-names.ts';
import type { Manifest } from './manifest.ts';
import type { TableInfo } from './manifest-layout.ts';
import { nextTurn, SLICE_BYTES, SLICE_ENTRIES } from './next-turn.ts';
import type { PageCache } from './page-cache.ts';
import { Table } from './table.ts';
import { TableWriter } from './table-writer.ts';

/** What became of a table that was to be written. */
export type WrittenTable = TableInfo | 'empty' | 'stopped';

export class TableFiles {
  /** Set when the store closes: tables that are being written are given up. */
  isStopped = false;
  readonly #fileSystem: FileSystem;
  readonly #directory: string;
  readonly #manifest: Manifest;
  readonly #cache: PageCache;
  readonly #failure: FirstFailure;
  readonly #retired = new Set<Table>();

  constructor(fileSystem: FileSystem, directory: string, manifest: Manifest, cache: PageCache, failure: FirstFailure) {
    this.#fileSystem = fileSystem;
    this.#directory = directory;
    this.#manifest = manifest;
    this.#cache = cache;
    this.#failure = failure;
  }

  open(info: TableInfo): Table {
    const file = this.#fileSystem.open(tablePath(this.#directory, info.number), 'read');
    try {
      return new Table(file, info, this.#cache, (table) => this.#removeIfRetired(table));
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** Writes what the cursor walks over. The table is durable with its name, and not in the manifest yet. */
  async write(cursor: EntryCursor, dropsDeletions: boolean): Promise<WrittenTable> {
    const number = this.#manifest.takeNumber();
    const path = tablePath(this.#directory, number);
    const writer = new TableWriter(this.#fileSystem, path, number);
    try {
      while (!cursor.isDone && !this.isStopped) {
        this.#failure.check();
        writeSlice(cursor, writer, dropsDeletions);
        await nextTurn();
      }
      if (cursor.isDone && writer.entryCount > 0) {
        this.#failure.check();
        const info = await writer.finish();
        await this.#fileSystem.syncDirectory(this.#directory);
        return info;
      }
    } finally {
      writer.close();
    }
    this.#fileSystem.remove(path);
    return cursor.isDone ? 'empty' : 'stopped';
  }

  /** Lets go of a table that the manifest does not name any more; its file goes when nobody reads from it. */
  retire(table: Table): void {
    this.#retired.add(table);
    table.release();
  }

  #removeIfRetired(table: Table): void {
    if (!this.#retired.delete(table)) return;
    try {
      this.#fileSystem.remove(tablePath(this.#directory, table.info.number));
    } catch (error) {
      // Whoever let go of the table is a reader, and this is no affair of its own.
      this.#failure.stop('Removing a table', error);
    }
  }
}

function writeSlice(cursor: EntryCursor, writer: TableWriter, dropsDeletions: boolean): void {
  let byteLength = 0;
  for (let count = 0; count < SLICE_ENTRIES && byteLength < SLICE_BYTES && !cursor.isDone; count++) {
    const { entry } = cursor;
    byteLength += entry.end - entry.start;
    if (!entry.isDeletion || !dropsDeletions) writer.add(entry);
    cursor.next();
  }
}
