/**
 * The memory of all pairs of a shard, as `pair-layout.ts` shows it: gives out places, takes them back, reads and writes
 * words. It grows by a chunk at a time, so growing never copies anything (I10), and the garbage collector sees a few
 * pieces of memory instead of a million objects. What the words mean is the business of `RowPairs` and `PairIndex`.
 */
import { CHUNK_BITS, CHUNK_PAIRS, NO_PAIR, PAIR_WORDS, type Pair, WORD_BYTES_AT } from './pair-layout.ts';

const IN_CHUNK = CHUNK_PAIRS - 1;

export class PairColumns {
  #chunks: Int32Array[] = [];
  #liveCount = 0;
  /** Places that were ever used since there was none. */
  #usedCount = 0;
  #firstFree: number = NO_PAIR;

  /** A place; its words are what they were. */
  take(): Pair {
    this.#liveCount++;
    const free = this.#firstFree as Pair;
    if (free !== NO_PAIR) {
      this.#firstFree = this.read(free, WORD_BYTES_AT);
      return free;
    }
    if (this.#usedCount === this.#chunks.length << CHUNK_BITS) {
      this.#chunks.push(new Int32Array(CHUNK_PAIRS * PAIR_WORDS));
    }
    return this.#usedCount++ as Pair;
  }

  free(pair: Pair): void {
    this.write(pair, WORD_BYTES_AT, this.#firstFree);
    this.#firstFree = pair;
    if (--this.#liveCount > 0) return;
    this.#chunks = this.#chunks.slice(0, 1);
    this.#usedCount = 0;
    this.#firstFree = NO_PAIR;
  }

  read(pair: Pair, word: number): number {
    return this.#chunks[pair >>> CHUNK_BITS][(pair & IN_CHUNK) * PAIR_WORDS + word];
  }

  write(pair: Pair, word: number, value: number): void {
    this.#chunks[pair >>> CHUNK_BITS][(pair & IN_CHUNK) * PAIR_WORDS + word] = value;
  }

  /** Pairs there are. */
  get count(): number {
    return this.#liveCount;
  }

  /** Memory that is kept, used or not. */
  get byteLength(): number {
    return this.#chunks.length * CHUNK_PAIRS * PAIR_WORDS * Int32Array.BYTES_PER_ELEMENT;
  }
}
