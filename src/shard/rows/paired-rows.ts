/**
 * Rows that come and go in pairs, under keys that nobody has used before: those of delayed messages. Whoever has set a
 * pair keeps its number, and takes both rows back without looking for them. It is a part of `Rows`, which finds the same
 * rows by their keys: then, and only then, are pairs parted.
 *
 * Who keeps a pair for later, when it may be in the store alone, *holds* it: its bytes stay until then.
 */
import type { Pair } from '../../state/pair-layout.ts';
import type { RecordWriter } from '../../state/record-writer.ts';
import type { Row } from '../../state/row.ts';
import { type PartedRows, RowPairs } from '../../state/row-pairs.ts';
import type { RowTable } from '../../state/row-table.ts';
import type { DirtyEntities } from '../durable/dirty-entities.ts';

export class PairedRows {
  readonly #dirty: DirtyEntities;
  readonly #pairs = new RowPairs();
  readonly #table: () => RowTable;

  constructor(dirty: DirtyEntities, table: () => RowTable) {
    this.#dirty = dirty;
    this.#table = table;
  }

  /** The pairs themselves. */
  get all(): RowPairs {
    return this.#pairs;
  }

  /**
   * Sets both: the first to `value`, the second to `true`. The second key is the first so many bytes of `second`, and both
   * end with the same four bytes. Whoever calls holds the pair, until it is let go or taken.
   */
  add(first: Uint8Array, second: Uint8Array, secondBytes: number, value: unknown): Pair {
    const pair = this.#pairs.add(first, second, secondBytes, value);
    if (this.#dirty.epoch > 0) this.#touch(pair);
    return pair;
  }

  #touch(pair: Pair): void {
    this.#dirty.touchPair(pair, this.#pairs.epoch(pair));
    this.#pairs.setEpoch(pair, this.#dirty.epoch);
    this.#pairs.mention(pair);
  }

  /** Removes both rows of a pair that is held, under whose keys nobody has done anything since; it is let go. */
  take(pair: Pair): void {
    const pairs = this.#pairs;
    const parted = pairs.parted(pair);
    if (parted !== undefined) {
      for (const row of parted) this.#takeRow(row);
    } else if (pairs.epoch(pair) === this.#dirty.epoch) {
      // Set in this epoch: it is as if it had never been there.
      if (this.pins(pair)) this.#dirty.pinnedCount--;
      pairs.setEpoch(pair, 0);
      pairs.leave(pair);
    } else {
      this.#touch(pair);
      pairs.remove(pair);
    }
    pairs.letGo(pair);
  }

  #takeRow(row: Row): void {
    if (row.dirtyEpoch === this.#dirty.epoch) {
      this.#table().remove(row);
      this.#dirty.forget(row);
      return;
    }
    if (!row.isKept) this.#table().add(row);
    this.#dirty.touch(row);
    row.value = undefined;
  }

  /** Makes two rows of it. */
  part(pair: Pair): PartedRows {
    // It was counted once.
    if (this.pins(pair)) this.#dirty.pinnedCount++;
    return this.#pairs.part(pair);
  }

  /** Whether memory alone knows what it is. */
  pins(pair: Pair): boolean {
    return this.#dirty.pinsEpoch(this.#pairs.epoch(pair));
  }

  // -- for checkpoints

  /** Whether the cut still has to encode it. */
  isInCut(pair: Pair): boolean {
    return this.#pairs.epoch(pair) === this.#dirty.cutEpoch;
  }

  /** Writes what a checkpoint needs of one that is not parted; the delta mentions it from then on. */
  write(pair: Pair, records: RecordWriter): void {
    this.#pairs.write(pair, records);
    this.#pairs.mention(pair);
  }

  /** It has been encoded as it was at the cut. */
  markEncoded(pair: Pair): void {
    this.#pairs.setEpoch(pair, -this.#dirty.cutEpoch);
  }

  /** Memory outside the heap that is kept for pairs, used or not. */
  get byteLength(): number {
    return this.#pairs.byteLength;
  }
}
