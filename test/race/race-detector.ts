/**
 * Tells which accesses to shared words are ordered, by vector clocks. A thread's clock counts its atomic stores; the
 * clocks of a thread travel with each of them and are taken on by every thread that observes it. Two plain accesses to
 * one word, at least one a store, that nothing orders are a data race, whatever values they happened to see.
 */
import { type Operation, Violation } from './operation.ts';

/** The cells of one word: who stored to it last and when, then when each thread read it (or, if atomic, the clocks with it). */
const WRITER = 0;
const WRITE_CLOCK = 1;
const FIRST_CLOCK = 2;

export class RaceDetector {
  readonly #threadCount: number;
  /** First the clocks of every thread, then the cells of every word. */
  readonly #cells: Int32Array;

  private constructor(threadCount: number, cells: Int32Array) {
    this.#threadCount = threadCount;
    this.#cells = cells;
  }

  static initial(threadCount: number, wordCount: number): RaceDetector {
    const cells = new Int32Array(threadCount * threadCount + wordCount * (FIRST_CLOCK + threadCount));
    for (let thread = 0; thread < threadCount; thread++) cells[thread * (threadCount + 1)] = 1;
    return new RaceDetector(threadCount, cells);
  }

  fork(): RaceDetector {
    return new RaceDetector(this.#threadCount, this.#cells.slice());
  }

  get cells(): Int32Array {
    return this.#cells;
  }

  /** Throws a Violation when the access is a race; `isAtomicWord` says what the word is meant for. */
  check(thread: number, word: number, operation: Operation, isAtomicWord: boolean): void {
    const isPlain = operation.kind === 'load' || operation.kind === 'store';
    if (isPlain && isAtomicWord) throw new Violation('a data race: plain access to a word that threads synchronise on');
    if (!isPlain && !isAtomicWord) throw new Violation('a data race: atomic access to a word that is accessed plainly');
    if (isPlain) this.#checkWriter(thread, word);
    if (operation.kind === 'store') this.#checkReaders(thread, word);
  }

  onLoad(thread: number, word: number): void {
    this.#cells[this.#word(word) + FIRST_CLOCK + thread] = this.#clock(thread, thread);
  }

  onStore(thread: number, word: number): void {
    this.#cells[this.#word(word) + WRITER] = thread + 1;
    this.#cells[this.#word(word) + WRITE_CLOCK] = this.#clock(thread, thread);
  }

  onObserve(thread: number, word: number): void {
    for (let other = 0; other < this.#threadCount; other++) {
      const clock = this.#cells[this.#word(word) + FIRST_CLOCK + other];
      if (clock > this.#clock(thread, other)) this.#cells[thread * this.#threadCount + other] = clock;
    }
  }

  onPublish(thread: number, word: number): void {
    for (let other = 0; other < this.#threadCount; other++) {
      this.#cells[this.#word(word) + FIRST_CLOCK + other] = this.#clock(thread, other);
    }
    this.#cells[thread * (this.#threadCount + 1)]++;
  }

  #checkWriter(thread: number, word: number): void {
    const writer = this.#cells[this.#word(word) + WRITER] - 1;
    if (writer < 0 || this.#isKnown(thread, writer, this.#cells[this.#word(word) + WRITE_CLOCK])) return;
    throw new Violation('a data race: the word was written by another thread, which has not published it to this one');
  }

  #checkReaders(thread: number, word: number): void {
    for (let reader = 0; reader < this.#threadCount; reader++) {
      if (this.#isKnown(thread, reader, this.#cells[this.#word(word) + FIRST_CLOCK + reader])) continue;
      throw new Violation('a data race: the word was read by another thread, which has not given it back to this one');
    }
  }

  /** Whether `thread` has seen an atomic store that `other` made after its clock showed this. */
  #isKnown(thread: number, other: number, clock: number): boolean {
    return clock <= this.#clock(thread, other);
  }

  #clock(thread: number, other: number): number {
    return this.#cells[thread * this.#threadCount + other];
  }

  #word(word: number): number {
    return this.#threadCount * this.#threadCount + word * (FIRST_CLOCK + this.#threadCount);
  }
}
