/**
 * What each record of some deltas is to one round of folding: whether it is the newest of its entity or row, and whether
 * it was erased since. It belongs to `FoldRound`, which goes through the deltas, the newest first, in its steps. Of
 * entities, which most records are of, it is known before (`NewestRecords`); so only the other items are looked at, and
 * what they are is noted there, too.
 */
import { Entity } from '../../state/entity.ts';
import { Erasures } from '../../state/erasures.ts';
import type { Pair } from '../../state/pair-layout.ts';
import { NO_RECORD, recordNumber } from '../../state/record-number.ts';
import { Erasure, Row, type Stored } from '../../state/row.ts';
import type { RowPairs } from '../../state/row-pairs.ts';
import type { Item } from './dirty-entities.ts';
import { NEWEST, type NewestRecords, OLDER } from './newest-records.ts';
import type { WrittenDelta } from './shard-snapshot.ts';

/** What a record is to a round beside `OLDER` and `NEWEST`: the newest of its item, and erased since. */
const GONE = 2;
/** The first of a pair's two records, where it is an older one: the pair is to be told that the delta mentions it no more. */
const OLDER_OF_PAIR = 3;

export class FoldMarks {
  /** Those of the deltas, the newest ones first. */
  readonly erasures: Erasure[] = [];
  /** The same, as they cover what earlier deltas say of rows. */
  readonly erased: Erasures = new Erasures();
  readonly #pairs: RowPairs;
  readonly #deltas: readonly WrittenDelta[];
  readonly #newest: NewestRecords;
  /** Of the erasures, so many cover what comes. */
  #coveredCount = 0;
  /** Tells this round's marks from those of others. */
  readonly #mark: number;

  /** A round of these deltas has begun. */
  constructor(pairs: RowPairs, deltas: readonly WrittenDelta[], newest: NewestRecords, mark: number) {
    this.#pairs = pairs;
    this.#deltas = deltas;
    this.#newest = newest;
    this.#mark = mark;
  }

  /**
   * Marks what lies there in a delta, which is no entity; all deltas are gone through, the newest first: the first record
   * that an item is seen in is its newest.
   */
  mark(delta: number, index: number): void {
    const item = this.#deltas[delta].items.at(index);
    const number = this.#number(delta, index);
    // Both at once: it may be parted while the round sleeps.
    if (typeof item === 'number') this.#ratePair(item, number);
    else this.#newest.setMark(number, this.#rate(item as Row | Erasure));
  }

  #number(delta: number, index: number): number {
    return recordNumber(this.#deltas[delta].firstRecord, index);
  }

  /** A delta is marked. What an epoch erased goes before what else it wrote: see `Erasure`. */
  endDelta(): void {
    for (; this.#coveredCount < this.erasures.length; this.#coveredCount++) {
      const erasure = this.erasures[this.#coveredCount];
      if (!this.erased.covers(erasure.prefix)) this.erased.add(erasure);
    }
  }

  /** `number` is that of the first of its two records. */
  #ratePair(pair: Pair, number: number): void {
    const pairs = this.#pairs;
    const parted = pairs.parted(pair);
    // What is erased is parted first, so one that is not parted is not.
    const whole = pairs.foldMark(pair) === this.#mark ? OLDER : NEWEST;
    const [first, second] = parted === undefined ? [whole, whole] : parted.map((row) => this.#rate(row));
    if (parted === undefined) pairs.setFoldMark(pair, this.#mark);
    this.#newest.setMark(number, first === OLDER ? OLDER_OF_PAIR : first);
    this.#newest.setMark(recordNumber(number, 1), second);
  }

  /** What a record is to this round, of an item of which all later ones have been looked at. */
  #rate(item: Row | Erasure): number {
    if (item.foldMark === this.#mark) return OLDER;
    item.foldMark = this.#mark;
    if (item instanceof Erasure) this.erasures.push(item);
    // What a later epoch has erased is done with, and does not go to the store.
    return this.isErased(item) ? GONE : NEWEST;
  }

  /** Whether a later delta than those that were looked at last erases it. */
  isErased(item: Stored | undefined): boolean {
    return this.erased.size > 0 && item instanceof Row && this.erased.covers(item.key);
  }

  /** Whether anything of a delta goes to the store, as things are. Most deltas hold nothing that a later one does not have, too. */
  keepsAny(delta: number): boolean {
    const { firstRecord, items } = this.#deltas[delta];
    return this.#newest.hasNewest(firstRecord, items.length);
  }

  keeps(delta: number, index: number): boolean {
    return this.#newest.mark(this.#number(delta, index)) === NEWEST;
  }

  /** What a record is of; of a pair that is parted it is one of its rows. */
  itemAt(delta: number, index: number): Item {
    const { items } = this.#deltas[delta];
    const item = items.at(index);
    if (typeof item !== 'number') return item;
    return this.#pairs.parted(item)?.[index > 0 && items.at(index - 1) === item ? 1 : 0] ?? item;
  }

  /**
   * Where the next record lies that is to be visited, or no more than `countMax` further on. Of most records a later one
   * is there, too, so nothing is done with their items: these lie anywhere in memory, and even to ask whether one is a
   * number would have to wait for it.
   */
  skip(delta: number, index: number, countMax: number): number {
    const count = Math.min(countMax, this.#deltas[delta].items.length - index);
    return index + this.#newest.olderCount(this.#number(delta, index), count);
  }

  /**
   * Shows what lies there in a delta, if the store has it as it is now, and if it is no erasure. The delta mentions a pair
   * no more. Returns where the next item lies.
   */
  visit(delta: number, index: number, visit: (item: Item) => void): number {
    const item = this.#deltas[delta].items.at(index);
    if (typeof item === 'number') {
      this.#visitPair(item, this.#number(delta, index), visit);
      return index + 2;
    }
    if (!(item instanceof Erasure)) this.#visit(item, delta, index, visit);
    return index + 1;
  }

  #visit(item: Stored, delta: number, index: number, visit: (item: Item) => void): void {
    const isLast = item instanceof Entity && item.lastRecord === this.#number(delta, index);
    // From here on the changelog has nothing of it that counts.
    if (isLast) item.lastRecord = NO_RECORD;
    visit(item);
  }

  #visitPair(pair: Pair, number: number, visit: (item: Item) => void): void {
    const parted = this.#pairs.parted(pair);
    const isFirstOlder = this.#newest.mark(number) === OLDER_OF_PAIR;
    if (parted === undefined) {
      if (!isFirstOlder) visit(pair);
    } else {
      if (!isFirstOlder) visit(parted[0]);
      if (this.#newest.mark(recordNumber(number, 1)) !== OLDER) visit(parted[1]);
    }
    this.#pairs.unmention(pair);
  }
}
