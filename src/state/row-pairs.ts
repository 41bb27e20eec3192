/**
 * Pairs of rows that are set and removed together, and are one thing until somebody wants one of them by its key: the two
 * of a delayed message. As one they are a number, some words (`pair-layout.ts`) and a piece of bytes, all of it outside the
 * heap; a checkpoint copies those bytes, and a fold knows both by the one number. When they are *parted* they become two
 * rows like all others, with the same past.
 *
 * A number is used again when nobody names it any more: nobody holds it, it does not wait to become rows, and no list of
 * what is dirty and no delta that is not folded mentions it. Keys are never used before and never again, and both of a
 * pair end with the same four bytes, by which it is found.
 */
import { keyGroupOfKey } from '../store/key-layout.ts';
import { PairBytes, tailOf, tailOfText } from './pair-bytes.ts';
import { PairIndex } from './pair-index.ts';
import {
  FLAG_HELD,
  FLAG_MAY_BE_STORED,
  FLAG_PARTED,
  FLAG_REMOVED,
  FLAG_WAITING,
  IN_USE,
  KEY_GROUP_SHIFT,
  NO_PAIR,
  ONE_MENTION,
  PAIR_WORDS,
  type Pair,
  WORD_BYTES_AT,
  WORD_EPOCH,
  WORD_FLAGS,
  WORD_FOLD_MARK,
  WORD_NOTE,
  WORD_TAIL,
} from './pair-layout.ts';
import type { RecordWriter } from './record-writer.ts';
import { Row } from './row.ts';
import { WordColumns } from './word-columns.ts';

const KEY_GROUP_MASK = 0x3ff;

export type PartedRows = readonly [first: Row, second: Row];

export class RowPairs {
  readonly #columns = new WordColumns(PAIR_WORDS);
  readonly #index = new PairIndex(this.#columns);
  readonly #bytes = new PairBytes();
  /** The rows of those that are parted. */
  readonly #parted = new Map<Pair, PartedRows>();

  /** A new pair, held and waiting: the value of the first row, and `true` for the second. */
  add(first: Uint8Array, second: Uint8Array, secondBytes: number, value: unknown): Pair {
    const slot = this.#bytes.put(first, second, secondBytes, value);
    const keyGroup = keyGroupOfKey(first);
    const columns = this.#columns;
    const pair = columns.take() as Pair;
    columns.write(pair, WORD_BYTES_AT, slot);
    columns.write(pair, WORD_EPOCH, 0);
    columns.write(pair, WORD_FOLD_MARK, 0);
    columns.write(pair, WORD_FLAGS, (keyGroup << KEY_GROUP_SHIFT) | FLAG_HELD | FLAG_WAITING);
    columns.write(pair, WORD_TAIL, tailOf(first, first.length));
    columns.write(pair, WORD_NOTE, 0);
    this.#index.add(pair, keyGroup);
    return pair;
  }

  // -- its words

  /** As in `DirtyEntities`. */
  epoch(pair: Pair): number {
    return this.#columns.read(pair, WORD_EPOCH);
  }

  setEpoch(pair: Pair, epoch: number): void {
    this.#columns.write(pair, WORD_EPOCH, epoch);
  }

  foldMark(pair: Pair): number {
    return this.#columns.read(pair, WORD_FOLD_MARK);
  }

  setFoldMark(pair: Pair, mark: number): void {
    this.#columns.write(pair, WORD_FOLD_MARK, mark);
  }

  /** A 32-bit number that is kept for whoever holds the pair; 0 at first. */
  note(pair: Pair): number {
    return this.#columns.read(pair, WORD_NOTE);
  }

  setNote(pair: Pair, note: number): void {
    this.#columns.write(pair, WORD_NOTE, note);
  }

  keyGroup(pair: Pair): number {
    return (this.#columns.read(pair, WORD_FLAGS) >>> KEY_GROUP_SHIFT) & KEY_GROUP_MASK;
  }

  /** Whether the store may hold it, so that its removal must get there. */
  mayBeStored(pair: Pair): boolean {
    return this.#has(pair, FLAG_MAY_BE_STORED);
  }

  setMayBeStored(pair: Pair): void {
    this.#set(pair, FLAG_MAY_BE_STORED);
  }

  /** Whether memory has both rows, and nobody has asked for one of them. */
  isWaiting(pair: Pair): boolean {
    return this.#has(pair, FLAG_WAITING);
  }

  /** Both rows, if it is parted. */
  parted(pair: Pair): PartedRows | undefined {
    return this.#has(pair, FLAG_PARTED) ? this.#parted.get(pair) : undefined;
  }

  #has(pair: Pair, flag: number): boolean {
    return (this.#columns.read(pair, WORD_FLAGS) & flag) !== 0;
  }

  #set(pair: Pair, flag: number): void {
    this.#columns.write(pair, WORD_FLAGS, this.#columns.read(pair, WORD_FLAGS) | flag);
  }

  // -- who needs it

  /** One more list or delta names it. */
  mention(pair: Pair): void {
    this.#columns.write(pair, WORD_FLAGS, this.#columns.read(pair, WORD_FLAGS) + ONE_MENTION);
  }

  unmention(pair: Pair): void {
    this.#need(pair, this.#columns.read(pair, WORD_FLAGS) - ONE_MENTION);
  }

  /** Who held it has no more use for it. */
  letGo(pair: Pair): void {
    this.#need(pair, this.#columns.read(pair, WORD_FLAGS) & ~FLAG_HELD);
  }

  /** Both rows of one that is not parted are removed: memory has that until the store knows. */
  remove(pair: Pair): void {
    if (!this.isWaiting(pair)) this.#index.add(pair, this.keyGroup(pair));
    this.#set(pair, FLAG_REMOVED | FLAG_WAITING);
  }

  /** Memory need not have its rows any more. */
  leave(pair: Pair): void {
    if (!this.isWaiting(pair)) return;
    this.#index.remove(pair, this.keyGroup(pair));
    this.#need(pair, this.#columns.read(pair, WORD_FLAGS) & ~FLAG_WAITING);
  }

  #need(pair: Pair, flags: number): void {
    this.#columns.write(pair, WORD_FLAGS, flags);
    if ((flags & IN_USE) !== 0) return;
    if ((flags & FLAG_PARTED) === 0) this.#bytes.free(this.#slot(pair));
    else this.#parted.delete(pair);
    this.#columns.free(pair);
  }

  // -- those that wait

  /** How many wait. */
  get waitingCount(): number {
    return this.#index.count;
  }

  /** One that waits in a key group. */
  firstOf(keyGroup: number): Pair {
    return this.#index.firstOf(keyGroup);
  }

  /**
   * Reads what firing the first so many of these will read, numbers below 0 aside, so that their cache misses happen at the
   * same time. Returns what nobody needs.
   */
  fetch(pairs: Int32Array, count: number): number {
    const columns = this.#columns;
    let fetched = 0;
    for (let at = 0; at < count; at++) if (pairs[at] >= 0) fetched ^= columns.read(pairs[at], WORD_FLAGS);
    for (let at = 0; at < count; at++) {
      const pair = pairs[at];
      if (pair < 0 || this.#has(pair as Pair, FLAG_PARTED)) continue;
      fetched ^= this.#bytes.fetch(this.#slot(pair as Pair));
      if (this.isWaiting(pair as Pair)) fetched ^= this.#index.fetch(pair as Pair);
    }
    return fetched;
  }

  /** The one that waits and has a row under this key. */
  find(key: string): Pair {
    let pair = this.#index.firstWith(tailOfText(key));
    while (pair !== NO_PAIR && !this.#bytes.hasKey(this.#slot(pair), key)) pair = this.#index.nextWith(pair);
    return pair;
  }

  // -- what it is

  #slot(pair: Pair): number {
    return this.#columns.read(pair, WORD_BYTES_AT);
  }

  firstKey(pair: Pair): string {
    return this.parted(pair)?.[0].key ?? this.#bytes.firstKey(this.#slot(pair));
  }

  /** The value of the first row; that of one that is not parted as if it had not been removed. */
  firstValue(pair: Pair): unknown {
    const rows = this.parted(pair);
    if (rows !== undefined) return rows[0].value;
    return this.#bytes.firstValue(this.#slot(pair));
  }

  /** Writes the records of one that is not parted, as it is now. */
  write(pair: Pair, records: RecordWriter): void {
    if (this.#has(pair, FLAG_REMOVED)) this.#bytes.writeRemoval(this.#slot(pair), records);
    else this.#bytes.write(this.#slot(pair), records);
  }

  /** Makes two rows of one that waits, with the same past; it waits no more. */
  part(pair: Pair): PartedRows {
    const slot = this.#slot(pair);
    const isRemoved = this.#has(pair, FLAG_REMOVED);
    const rows: PartedRows = [
      this.#rowOf(pair, this.#bytes.firstKey(slot), isRemoved ? undefined : this.#bytes.firstValue(slot)),
      this.#rowOf(pair, this.#bytes.secondKey(slot), isRemoved ? undefined : true),
    ];
    this.#bytes.free(slot);
    this.#parted.set(pair, rows);
    this.#set(pair, FLAG_PARTED);
    this.leave(pair);
    return rows;
  }

  #rowOf(pair: Pair, key: string, value: unknown): Row {
    const row = new Row(key, value, this.mayBeStored(pair));
    row.dirtyEpoch = this.epoch(pair);
    row.foldMark = this.foldMark(pair);
    return row;
  }

  /** Memory that is kept for them, used or not. */
  get byteLength(): number {
    return this.#bytes.byteLength + this.#columns.byteLength;
  }
}
