/**
 * Finds the pairs of which nobody has asked for a row yet: all of a key group, and those whose keys end with certain
 * bytes. It belongs to `RowPairs`, and consists of links in the words of pairs and of the heads of those chains.
 *
 * The chains by tails grow in number by linear hashing: with each pair that is more than there are chains one chain is
 * divided in two. So no moment comes in which all are sorted anew (I10).
 *
 * ```
 *   chains:  │ 0 … split - 1 │ split … full - 1 │ full … full + split - 1 │     by the tail's low bits:
 *              divided: one more bit counts       the other halves                full is a power of two
 * ```
 */
import { KEY_GROUP_COUNT } from '../keys/key-group.ts';
import { NO_PAIR, type Pair, WORD_GROUP_NEXT, WORD_GROUP_PREVIOUS, WORD_TAIL, WORD_TAIL_NEXT } from './pair-layout.ts';
import type { WordColumns } from './word-columns.ts';

const HEADS_BITS = 12;
const HEADS_COUNT = 1 << HEADS_BITS;

export class PairIndex {
  count = 0;
  readonly #columns: WordColumns;
  readonly #groups = new Int32Array(KEY_GROUP_COUNT).fill(NO_PAIR);
  /** The heads of the chains by tails, in pieces that stay where they are. */
  #heads: Int32Array[] = [newHeads()];
  #full = HEADS_COUNT;
  #split = 0;

  constructor(columns: WordColumns) {
    this.#columns = columns;
  }

  /** Its tail stands in its words. */
  add(pair: Pair, keyGroup: number): void {
    const columns = this.#columns;
    const next = this.#groups[keyGroup] as Pair;
    columns.write(pair, WORD_GROUP_NEXT, next);
    columns.write(pair, WORD_GROUP_PREVIOUS, NO_PAIR);
    if (next !== NO_PAIR) columns.write(next, WORD_GROUP_PREVIOUS, pair);
    this.#groups[keyGroup] = pair;
    this.#push(this.#chainOf(columns.read(pair, WORD_TAIL)), pair);
    if (++this.count > this.#full + this.#split) this.#divide();
  }

  remove(pair: Pair, keyGroup: number): void {
    const columns = this.#columns;
    const next = columns.read(pair, WORD_GROUP_NEXT) as Pair;
    const previous = columns.read(pair, WORD_GROUP_PREVIOUS) as Pair;
    if (next !== NO_PAIR) columns.write(next, WORD_GROUP_PREVIOUS, previous);
    if (previous === NO_PAIR) this.#groups[keyGroup] = next;
    else columns.write(previous, WORD_GROUP_NEXT, next);
    this.#unchain(pair);
    if (--this.count === 0) this.#shrink();
  }

  /** Reads what removing it will read. */
  fetch(pair: Pair): number {
    const columns = this.#columns;
    const next = columns.read(pair, WORD_GROUP_NEXT);
    const previous = columns.read(pair, WORD_GROUP_PREVIOUS);
    let fetched: number = this.#head(this.#chainOf(columns.read(pair, WORD_TAIL)));
    if (next !== NO_PAIR) fetched ^= columns.read(next, WORD_TAIL);
    if (previous !== NO_PAIR) fetched ^= columns.read(previous, WORD_TAIL);
    return fetched;
  }

  /** One of those of a key group. */
  firstOf(keyGroup: number): Pair {
    return this.#groups[keyGroup] as Pair;
  }

  /** One whose keys end so; `nextWith` has the others. */
  firstWith(tail: number): Pair {
    return this.#matching(this.#head(this.#chainOf(tail)), tail);
  }

  nextWith(pair: Pair): Pair {
    const next = this.#columns.read(pair, WORD_TAIL_NEXT) as Pair;
    return this.#matching(next, this.#columns.read(pair, WORD_TAIL));
  }

  /** The first from there on with this tail. */
  #matching(from: Pair, tail: number): Pair {
    let pair = from;
    while (pair !== NO_PAIR && this.#columns.read(pair, WORD_TAIL) !== tail) {
      pair = this.#columns.read(pair, WORD_TAIL_NEXT) as Pair;
    }
    return pair;
  }

  #chainOf(tail: number): number {
    const chain = tail & (this.#full - 1);
    return chain < this.#split ? tail & (this.#full * 2 - 1) : chain;
  }

  #head(chain: number): Pair {
    return this.#heads[chain >>> HEADS_BITS][chain & (HEADS_COUNT - 1)] as Pair;
  }

  #setHead(chain: number, pair: Pair): void {
    this.#heads[chain >>> HEADS_BITS][chain & (HEADS_COUNT - 1)] = pair;
  }

  #push(chain: number, pair: Pair): void {
    this.#columns.write(pair, WORD_TAIL_NEXT, this.#head(chain));
    this.#setHead(chain, pair);
  }

  #unchain(pair: Pair): void {
    const columns = this.#columns;
    const chain = this.#chainOf(columns.read(pair, WORD_TAIL));
    const after = columns.read(pair, WORD_TAIL_NEXT) as Pair;
    let before = this.#head(chain);
    if (before === pair) {
      this.#setHead(chain, after);
      return;
    }
    for (let next = before; next !== pair; next = columns.read(before, WORD_TAIL_NEXT) as Pair) before = next;
    columns.write(before, WORD_TAIL_NEXT, after);
  }

  /** Divides one chain in two, by one more bit of the tails. */
  #divide(): void {
    const columns = this.#columns;
    const chain = this.#split;
    const other = this.#full + chain;
    if (other >>> HEADS_BITS === this.#heads.length) this.#heads.push(newHeads());
    let pair = this.#head(chain);
    this.#setHead(chain, NO_PAIR);
    while (pair !== NO_PAIR) {
      const next = columns.read(pair, WORD_TAIL_NEXT) as Pair;
      this.#push((columns.read(pair, WORD_TAIL) & this.#full) === 0 ? chain : other, pair);
      pair = next;
    }
    if (++this.#split < this.#full) return;
    this.#full *= 2;
    this.#split = 0;
  }

  /** Nobody is there. */
  #shrink(): void {
    this.#heads = this.#heads.slice(0, 1);
    this.#full = HEADS_COUNT;
    this.#split = 0;
  }
}

function newHeads(): Int32Array {
  return new Int32Array(HEADS_COUNT).fill(NO_PAIR);
}
