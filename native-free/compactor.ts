/**
 * Merges tables in the background, in slices (I10). Two merges at most are under way: while one takes long over the large
 * tables, another keeps the newer ones few. New tables may come in front meanwhile. A failure here stops the store like
 * any other (I9).
 */
import type { FirstFailure } from '../src/store/first-failure.ts';
import { planCompaction, TABLES_MAX } from './compaction-plan.ts';
import type { Contents } from './contents.ts';
import { MergeCursor } from './entry-cursor.ts';
import type { Manifest } from './manifest.ts';
import type { TableInfo } from './manifest-layout.ts';
import { nextTurn } from './next-turn.ts';
import type { Table } from './table.ts';
import { TableCursor } from './table-cursor.ts';
import type { TableFiles } from './table-files.ts';

const FROM_THE_START = new Uint8Array(0);
const MERGES_MAX = 2;

export class Compactor {
  readonly #contents: Contents;
  readonly #manifest: Manifest;
  readonly #files: TableFiles;
  readonly #failure: FirstFailure;
  /** The size of a table that one memtable makes. */
  readonly #unitBytes: number;
  readonly #merges = new Set<Promise<void>>();
  readonly #merging = new Set<Table>();

  constructor(contents: Contents, manifest: Manifest, files: TableFiles, failure: FirstFailure, unitBytes: number) {
    this.#contents = contents;
    this.#manifest = manifest;
    this.#files = files;
    this.#failure = failure;
    this.#unitBytes = unitBytes;
  }

  /** Begins to merge where there is a reason to. */
  start(): void {
    while (this.#merges.size < MERGES_MAX && !this.#failure.hasFailed && !this.#files.isStopped) {
      const { tables } = this.#contents;
      const firstBusy = tables.findIndex((table) => this.#merging.has(table));
      const free = firstBusy < 0 ? tables : tables.slice(0, firstBusy);
      const sizes = free.map(({ info }) => info.byteLength);
      const plan = planCompaction(sizes, this.#unitBytes, firstBusy < 0);
      if (plan === undefined) return;
      this.#begin(free.slice(plan.from, plan.to), plan.to === tables.length);
    }
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    while (this.#merges.size > 0) await Promise.all(this.#merges);
  }

  /** Resolves when one more table does no harm: look-ups must not become slower and slower while entries pour in. */
  async roomForTable(): Promise<void> {
    while (this.#merges.size > 0) {
      const { tables } = this.#contents;
      // Those that are being merged will be one; waiting for a large merge would take long.
      if (tables.filter((table) => !this.#merging.has(table)).length < TABLES_MAX) return;
      await Promise.race(this.#merges);
    }
  }

  #begin(run: readonly Table[], isOldest: boolean): void {
    for (const table of run) this.#merging.add(table);
    const merge = this.#merge(run, isOldest)
      .catch((error: unknown) => void this.#failure.stop('Merging tables', error))
      .then(() => {
        for (const table of run) this.#merging.delete(table);
        this.#merges.delete(merge);
        this.start();
      });
    this.#merges.add(merge);
  }

  /** Deletions can be forgotten where no older table is left that they could hide. */
  async #merge(run: readonly Table[], isOldest: boolean): Promise<void> {
    await nextTurn();
    // Nobody else retires tables, so these stay open.
    const cursor = new MergeCursor(run.map((table) => new TableCursor(table, FROM_THE_START)));
    const written = await this.#files.write(cursor, isOldest);
    if (written === 'stopped') return;
    const merged = written === 'empty' ? [] : [written];
    const numbers = run.map(({ info }) => info.number);
    await this.#manifest.update((state) => ({
      ...state,
      tables: replaceRun(state.tables, ({ number }) => numbers.includes(number), merged),
    }));
    const tables = merged.map((info: TableInfo) => this.#files.open(info));
    this.#contents.tables = replaceRun(this.#contents.tables, (table) => run.includes(table), tables);
    for (const table of run) this.#files.retire(table);
  }
}

/** Puts something in the place of neighbours. */
function replaceRun<Item>(
  items: readonly Item[],
  isInRun: (item: Item) => boolean,
  replacement: readonly Item[],
): Item[] {
  const from = items.findIndex(isInRun);
  return [...items.slice(0, from), ...replacement, ...items.slice(from).filter((item) => !isInRun(item))];
}
