/**
 * All rows of a shard, whoever keeps them. What the store does not have yet lies here, in memory, sorted; the rest is
 * read from the store when it is asked for, one row at once or a range in groups. Only between invocations is anything
 * changed (`RowWrites`), so a failed one leaves nothing behind (I5), and what is changed goes into the next checkpoint
 * like the cells of entities.
 *
 * Without a data directory all rows stay here.
 */
import type { PayloadCodec } from '../wire/payload-codec.ts';
import { readRowValue } from '../state/record-reader.ts';
import { afterPrefix, Erasure, keyBytes, Row, type Stored } from '../state/row.ts';
import { RowTree } from '../state/row-tree.ts';
import type { StateStore, StoreEntry } from '../store/state-store.ts';
import type { DirtyEntities } from './dirty-entities.ts';

/** A row as a range gives it. */
export interface FoundRow {
  readonly key: string;
  readonly value: unknown;
}

/** Where rows come from that are not in memory. */
export interface RowStore {
  readonly store: StateStore;
  readonly codec: PayloadCodec;
}

const NO_ENTRIES: readonly StoreEntry[] = [];

export class Rows {
  readonly dirty: DirtyEntities;
  readonly #rows = new RowTree<Row>();
  /** What was erased and is not yet erased in the store, by prefix; none is a prefix of another. */
  readonly #erasures = new RowTree<Erasure>();
  #stored: RowStore | undefined;

  constructor(dirty: DirtyEntities) {
    this.dirty = dirty;
  }

  /** From now on what is not in memory is looked for there. */
  attach(stored: RowStore): void {
    this.#stored = stored;
  }

  /** Rows in memory. */
  get size(): number {
    return this.#rows.size;
  }

  /** The value under a key, or undefined. Reads from the store when it is not in memory. */
  get(key: string): unknown {
    const row = this.#rows.get(key);
    if (row !== undefined) return row.value;
    if (this.#stored === undefined || this.isErased(key)) return undefined;
    const value = this.#stored.store.getSync(keyBytes(key));
    return value && readRowValue(this.#stored.codec, value);
  }

  /**
   * Sets the value under a key; `undefined` removes it. `isNew` says that this key was never used before, which spares
   * the store a removal if it goes again before the store has seen it.
   */
  set(key: string, value: unknown, isNew = false): void {
    let row = this.#rows.get(key);
    if (row === undefined) {
      if (value === undefined && this.#stored === undefined) return;
      row = new Row(key, value, !isNew);
      this.#rows.set(key, row);
    }
    if (row.dirtyEpoch !== this.dirty.epoch) this.dirty.touch(row);
    row.value = value;
    if (value === undefined && this.#stored === undefined) this.#rows.delete(key);
  }

  /** Removes all rows under a prefix, however many there are. */
  erase(prefix: string): void {
    for (const row of this.#rows.range(prefix, afterPrefix(prefix))) {
      if (row.value !== undefined) this.set(row.key, undefined);
    }
    // Under one that is still under way nothing is to be seen in the store, and what came since lies here.
    if (this.#stored === undefined || this.isErased(prefix)) return;
    const erasure = new Erasure(prefix);
    this.#cover(erasure);
    this.dirty.touch(erasure);
  }

  /**
   * All rows with `from` <= key < `before`, ascending, as they are at the time of the call; `changes` go before, and
   * `undefined` in them hides a row.
   */
  scan(from: string, before: string, changes: readonly FoundRow[] = []): AsyncGenerator<FoundRow, void, undefined> {
    const known = new Map<string, unknown>();
    for (const { key, value } of this.#rows.range(from, before)) known.set(key, value);
    for (const { key, value } of changes) known.set(key, value);
    const sorted = [...known].map(([key, value]) => ({ key, value })).sort((a, b) => (a.key < b.key ? -1 : 1));
    // What may be read is decided now: the fold moves rows from here to there while somebody reads.
    const stored = this.#stored?.store.scan(keyBytes(from), keyBytes(before));
    const erased = this.#erasures.range('', before).map(({ prefix }) => prefix);
    return this.#merge(sorted, stored, (key) => erased.some((prefix) => key.startsWith(prefix)));
  }

  async *#merge(
    known: readonly FoundRow[],
    stored: AsyncIterable<readonly StoreEntry[]> | undefined,
    isErased: (key: string) => boolean,
  ): AsyncGenerator<FoundRow, void, undefined> {
    let next = 0;
    for await (const group of stored ?? [NO_ENTRIES]) {
      for (const { key: bytes, value } of group) {
        const key = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
        for (; next < known.length && known[next].key < key; next++) {
          if (known[next].value !== undefined) yield known[next];
        }
        if (known[next]?.key === key || isErased(key)) continue;
        yield { key, value: readRowValue((this.#stored as RowStore).codec, value) };
      }
    }
    for (; next < known.length; next++) if (known[next].value !== undefined) yield known[next];
  }

  /** The store has it: it need not stay in memory. */
  released(item: Stored): void {
    if (item instanceof Row && this.#rows.get(item.key) === item) this.#rows.delete(item.key);
    if (item instanceof Erasure && this.#erasures.get(item.prefix) === item) this.#erasures.delete(item.prefix);
  }

  // -- recovery: what changelogs say, oldest first

  recover(key: string, value: unknown, dirtyEpoch: number): Row {
    let row = this.#rows.get(key);
    if (row === undefined) {
      row = new Row(key, value, true);
      this.#rows.set(key, row);
    }
    row.value = value;
    row.dirtyEpoch = dirtyEpoch;
    return row;
  }

  recoverErasure(prefix: string, dirtyEpoch: number): Erasure {
    for (const row of this.#rows.range(prefix, afterPrefix(prefix))) {
      if (row.dirtyEpoch !== dirtyEpoch) row.value = undefined;
    }
    const erasure = new Erasure(prefix);
    erasure.dirtyEpoch = dirtyEpoch;
    if (!this.isErased(prefix)) this.#cover(erasure);
    return erasure;
  }

  /** The rows in memory, removed ones included, in the order of their keys. */
  inMemory(): Iterable<Row> {
    return this.#rows.values();
  }

  /** Whether what the store has under this key no longer counts. */
  isErased(key: string): boolean {
    if (this.#erasures.size === 0) return false;
    const nearest = this.#erasures.atOrBelow(key);
    return nearest !== undefined && key.startsWith(nearest.prefix);
  }

  /** Rows and erasures that the store does not have. */
  get pinnedCount(): number {
    return this.#rows.size + this.#erasures.size;
  }

  /** From now on the store's rows under this prefix are not seen. */
  #cover(erasure: Erasure): void {
    const { prefix } = erasure;
    for (const inner of this.#erasures.range(prefix, afterPrefix(prefix))) this.#erasures.delete(inner.prefix);
    this.#erasures.set(prefix, erasure);
  }
}
