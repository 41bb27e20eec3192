/**
 * Rows that come and go in pairs, under keys that nobody has used before: those of delayed messages. Whoever has set a
 * pair keeps it, and takes both rows back without looking for them. It is a part of `Rows`, which finds the same rows by
 * their keys: then, and only then, are pairs parted.
 *
 * Who keeps a pair for later, when it may be in the store alone, says so by `isHeld`: its bytes stay until then.
 */
import type { RecordWriter } from '../../state/record-writer.ts';
import type { Row } from '../../state/row.ts';
import { type RowPair, RowPairs } from '../../state/row-pair.ts';
import type { RowTable } from '../../state/row-table.ts';
import type { DirtyEntities } from '../durable/dirty-entities.ts';

export class PairedRows {
  readonly #dirty: DirtyEntities;
  readonly #table: RowTable;
  readonly #pairs = new RowPairs();

  constructor(dirty: DirtyEntities, table: RowTable) {
    this.#dirty = dirty;
    this.#table = table;
  }

  /** Sets both: the first to `value`, the second to `true`. The second key is the first so many bytes of `second`. */
  add(pair: RowPair, first: Uint8Array, second: Uint8Array, secondBytes: number, value: unknown): void {
    this.#pairs.put(pair, first, second, secondBytes, value);
    this.#table.addLate(pair);
    if (pair.dirtyEpoch !== this.#dirty.epoch) this.#dirty.touch(pair);
  }

  firstKey(pair: RowPair): string {
    return this.#pairs.firstKey(pair);
  }

  firstValue(pair: RowPair): unknown {
    return this.#pairs.firstValue(pair);
  }

  /** Removes both rows of a pair, under whose keys nobody has done anything since they were set. */
  take(pair: RowPair): void {
    if (pair.parted !== undefined) {
      for (const row of pair.parted) this.#takeRow(row);
      return;
    }
    if (pair.dirtyEpoch === this.#dirty.epoch) {
      // Set in this epoch: it is as if it had never been there.
      this.#table.removeLate(pair);
      this.#dirty.forget(pair);
      this.#pairs.free(pair);
      return;
    }
    // If the store alone has it, its removal must get there.
    if (!pair.isLate) this.#table.addLate(pair);
    this.#dirty.touch(pair);
    pair.isRemoved = true;
  }

  #takeRow(row: Row): void {
    if (row.dirtyEpoch === this.#dirty.epoch) {
      this.#table.remove(row);
      this.#dirty.forget(row);
      return;
    }
    if (!row.isKept) this.#table.add(row);
    this.#dirty.touch(row);
    row.value = undefined;
  }

  /** Whoever held it has no more use for it. */
  letGo(pair: RowPair): void {
    pair.isHeld = false;
    if (!pair.isLate) this.#pairs.free(pair);
  }

  /** Makes two rows of it. */
  part(pair: RowPair): readonly Row[] {
    // It was counted once.
    if (this.#dirty.pins(pair)) this.#dirty.pinnedCount++;
    return this.#pairs.part(pair);
  }

  /** Writes what a checkpoint needs of a pair that is not parted. */
  write(pair: RowPair, records: RecordWriter): void {
    this.#pairs.write(pair, records);
  }

  /** The store has it: it need not stay in memory. */
  released(pair: RowPair): void {
    this.#table.removeLate(pair);
    if (!pair.isHeld) this.#pairs.free(pair);
  }

  /** Memory outside the heap that is kept for pairs, used or not. */
  get byteLength(): number {
    return this.#pairs.byteLength;
  }
}
