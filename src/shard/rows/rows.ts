/**
 * All rows of a shard, whoever keeps them. What the store does not have yet lies here, in memory, sorted; the rest is
 * read from the store when it is asked for, one row at once or a range in groups. Only between invocations is anything
 * changed (`RowWrites`), so a failed one leaves nothing behind (I5), and what is changed goes into the next checkpoint
 * like the cells of entities.
 *
 * Without a data directory all rows stay here.
 */
import type { PayloadCodec } from '../../wire/payload-codec.ts';
import { readRowValue } from '../../state/record-reader.ts';
import { afterPrefix, Erasure, keyBytes, RecoveredRow, Row } from '../../state/row.ts';
import { Erasures } from '../../state/erasures.ts';
import { type FoundRow, merged } from '../../state/merged-rows.ts';
import { mergedParts, type PartRow, type RowPart } from '../../state/row-parts.ts';
import { RowTable } from '../../state/row-table.ts';
import type { StateStore } from '../../store/state-store.ts';
import type { DirtyEntities, Item } from '../durable/dirty-entities.ts';
import { PairedRows } from './paired-rows.ts';

export type { FoundRow } from '../../state/merged-rows.ts';
export type { PartRow, RowPart } from '../../state/row-parts.ts';

/** Where rows come from that are not in memory. */
export interface RowStore {
  readonly store: StateStore;
  readonly codec: PayloadCodec;
}

const NO_CHANGES: readonly FoundRow[] = [];
/** Rows in memory that `walk` looks at together. */
const WALK_COUNT = 256;

export class Rows {
  readonly dirty: DirtyEntities;
  /** Those that come and go in pairs. */
  readonly pairs: PairedRows;
  readonly #rows: RowTable;
  /** What was erased and is not yet erased in the store. */
  readonly #erasures = new Erasures();
  #stored: RowStore | undefined;
  #failure: Error | undefined;

  constructor(dirty: DirtyEntities) {
    this.dirty = dirty;
    this.pairs = new PairedRows(dirty, () => this.#rows);
    this.#rows = new RowTable(this.pairs.all, (pair) => this.pairs.part(pair));
  }

  /** From now on what is not in memory is looked for there. */
  attach(stored: RowStore): void {
    this.#stored = stored;
  }

  /** Whether there may be rows that are not in memory. */
  get isStored(): boolean {
    return this.#stored !== undefined;
  }

  /** Rows in memory. */
  get size(): number {
    return this.#rows.size;
  }

  /** The value under a key, or undefined. Reads from the store when it is not in memory. */
  get(key: string): unknown {
    const row = this.#rows.get(key);
    if (row !== undefined) return row.value;
    return this.#stored === undefined || this.#erasures.covers(key) ? undefined : this.#read(key, this.#stored);
  }

  #read(key: string, { store, codec }: RowStore): unknown {
    try {
      const value = store.getSync(keyBytes(key));
      return value && readRowValue(codec, value);
    } catch (error) {
      throw this.#failed(error);
    }
  }

  /**
   * Throws what the store has failed with. User code may have caught it, so whoever lets effects happen asks again: what
   * could not be read must end the shard, and not a single invocation.
   */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  #failed(error: unknown): Error {
    this.#failure ??= error instanceof Error ? error : new Error(String(error));
    return this.#failure;
  }

  /**
   * Sets the value under a key; `undefined` removes it. `isNew` says that this key was never used before, which spares
   * the store a removal if it goes again before the store has seen it.
   */
  set(key: string, value: unknown, isNew = false): void {
    let row = this.#rows.get(key);
    if (row === undefined) {
      // Nothing is there to be removed.
      if (value === undefined && (this.#stored === undefined || this.#erasures.covers(key))) return;
      row = new Row(key, value, !isNew);
      this.#rows.add(row);
    }
    if (row.dirtyEpoch !== this.dirty.epoch) this.dirty.touch(row);
    row.value = value;
    if (value === undefined && this.#stored === undefined) this.#rows.remove(row);
  }

  /** Removes all rows under a prefix, however many the store has. */
  erase(prefix: string): void {
    const rows = this.#rows.range(prefix, afterPrefix(prefix));
    // Under one that is still under way nothing is to be seen in the store, and what came since lies here.
    if (this.#stored === undefined || this.#erasures.covers(prefix)) {
      for (const { key, value } of rows) if (value !== undefined) this.set(key, undefined);
      return;
    }
    for (const row of rows) {
      // What earlier epochs have written the erasure takes away, wherever it lies by then. A cut that has not come to such
      // a row still encodes it, as it was.
      if (row.dirtyEpoch === this.dirty.epoch) row.value = undefined;
      else this.#rows.remove(row);
    }
    const erasure = new Erasure(prefix);
    this.#erasures.add(erasure);
    this.dirty.touch(erasure);
  }

  /**
   * All rows with `from` <= key < `before`, ascending, as they are at the time of the call; `changes`, ascending, go
   * before, and `undefined` in them hides a row. What is in memory of the range is copied at once.
   */
  scan(from: string, before: string, changes: readonly FoundRow[] = []): AsyncGenerator<FoundRow, void, undefined> {
    return this.#each(this.#parts(from, before, changes));
  }

  async *#each(parts: AsyncGenerator<RowPart, void, undefined>): AsyncGenerator<FoundRow, void, undefined> {
    for await (const { rows } of parts) for (const row of rows) yield { key: row.key, value: this.valueOf(row) };
  }

  /** The same in parts of some tens of kilobytes, as bytes where the store has them, for those who go through very many. */
  parts(from: string, before: string): AsyncGenerator<RowPart, void, undefined> {
    return this.#parts(from, before, NO_CHANGES);
  }

  #parts(from: string, before: string, changes: readonly FoundRow[]): AsyncGenerator<RowPart, void, undefined> {
    const known = merged(this.#rows.range(from, before), changes);
    // What may be read is decided now: the fold moves rows from here to there while somebody reads.
    const stored = this.#stored?.store.scan(keyBytes(from), keyBytes(before));
    const erased = this.#erasures.between(from, before);
    return this.#guarded(mergedParts(known, stored, erased, this.dirty.appliedEpoch));
  }

  /** A row of a part as it is now; undefined if it has gone since. */
  current(row: PartRow, { appliedEpoch }: RowPart): PartRow | undefined {
    const { key, stored } = row;
    const inMemory = this.#rows.get(key);
    if (inMemory === undefined && stored !== undefined && appliedEpoch === this.dirty.appliedEpoch) {
      // What had changed would be in memory, since no round has ended.
      if (!this.#erasures.covers(key)) return row;
    }
    const value = inMemory === undefined ? this.get(key) : inMemory.value;
    return value === undefined ? undefined : { key, stored: undefined, value };
  }

  /** The value of a row of a part. */
  valueOf({ stored, value }: PartRow): unknown {
    return stored === undefined ? value : readRowValue((this.#stored as RowStore).codec, stored);
  }

  /**
   * The same of a range in which nobody changes anything meanwhile; it is looked at bit by bit, so that the first rows
   * cost no more when there are many.
   */
  async *walk(from: string, before: string, changes: readonly FoundRow[]): AsyncGenerator<FoundRow, void, undefined> {
    let changed = 0;
    for (let at = from; at < before; ) {
      const next = this.#walked(at, before);
      const start = changed;
      while (changed < changes.length && changes[changed].key < next) changed++;
      yield* this.scan(at, next, changed === start ? NO_CHANGES : changes.slice(start, changed));
      at = next;
    }
  }

  /** In parts, looked at bit by bit: each part is as it was when its turn came. */
  async *walkParts(from: string, before: string): AsyncGenerator<RowPart, void, undefined> {
    for (let at = from; at < before; ) {
      const next = this.#walked(at, before);
      yield* this.parts(at, next);
      at = next;
    }
  }

  /** Up to where a step of a walk goes. */
  #walked(at: string, before: string): string {
    return this.#rows.first(at, before, WALK_COUNT + 1)[WALK_COUNT]?.key ?? before;
  }

  async *#guarded(parts: AsyncGenerator<RowPart, void, undefined>): AsyncGenerator<RowPart, void, undefined> {
    try {
      yield* parts;
    } catch (error) {
      throw this.#failed(error);
    }
  }

  /** The store has it: it need not stay in memory. */
  released(item: Item): void {
    if (typeof item === 'number') this.pairs.all.leave(item);
    else if (item instanceof Row) this.#rows.remove(item);
    else if (item instanceof Erasure) this.#erasures.remove(item);
  }

  // -- recovery: what changelogs say, oldest first

  recover(key: string, value: unknown, dirtyEpoch: number): Row {
    let row = this.#rows.get(key);
    if (row === undefined) {
      row = new RecoveredRow(key, value, true);
      this.#rows.add(row);
    }
    row.value = value;
    row.dirtyEpoch = dirtyEpoch;
    return row;
  }

  /**
   * A row whose key is used once was removed. If the store, which may hold something of the epochs up to `begunEpoch`, has
   * never seen it, it is as if it had never been: it is kept no more, and returned. Otherwise undefined.
   */
  recoverGone(key: string, begunEpoch: number): RecoveredRow | undefined {
    const row = this.#rows.get(key);
    if (!(row instanceof RecoveredRow && row.hasOneEntry) || -row.dirtyEpoch <= begunEpoch) return undefined;
    this.#rows.remove(row);
    return row;
  }

  recoverErasure(prefix: string, dirtyEpoch: number): Erasure {
    for (const row of this.#rows.range(prefix, afterPrefix(prefix))) {
      if (row.dirtyEpoch !== dirtyEpoch) row.value = undefined;
    }
    const erasure = new Erasure(prefix);
    erasure.dirtyEpoch = dirtyEpoch;
    if (!this.#erasures.covers(prefix)) this.#erasures.add(erasure);
    return erasure;
  }

  /** The rows in memory, removed ones included, in the order of their keys. */
  inMemory(): Iterable<Row> {
    return this.#rows.values();
  }

  /** Whether what the store has under this key no longer counts. */
  isErased(key: string): boolean {
    return this.#erasures.covers(key);
  }
}
