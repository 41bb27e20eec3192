/**
 * Goes through the dead letters of a shard for somebody who looks at them turn by turn: it reads a part ahead while the
 * last one is worked on, and gives each letter as it is at that moment. Of all dead letters it never holds more than two
 * parts.
 */
import { ReadAhead } from '../durable/read-ahead.ts';
import type { DeadLetterRows } from '../failing/dead-letters.ts';
import type { PartRow, RowPart } from '../rows/rows.ts';

/** Parts that are read before anybody has taken them. */
const AHEAD_COUNT = 1;

export class LetterReader {
  readonly #letters: DeadLetterRows;
  readonly #ahead: ReadAhead<RowPart>;
  #part: RowPart | undefined;
  #next = 0;

  /** `parts` are those of `letters`; `progressed` says that a turn is due. */
  constructor(letters: DeadLetterRows, parts: AsyncGenerator<RowPart>, progressed: () => void) {
    this.#letters = letters;
    this.#ahead = new ReadAhead(parts, progressed, AHEAD_COUNT);
  }

  /** Whether nothing can be taken before something has been read. */
  get isWaiting(): boolean {
    return this.#part === undefined && this.#ahead.isReading;
  }

  get isDone(): boolean {
    return this.#part === undefined && this.#ahead.isDone;
  }

  /** Whether nothing of a part is left that was read in vain if nobody took it. */
  get isBetweenParts(): boolean {
    return this.#part === undefined;
  }

  /**
   * Shows at most so many dead letters, those that are still there, until `visit` takes one no more: that one comes again
   * the next time.
   */
  take(countMax: number, visit: (letter: PartRow) => boolean): void {
    if (this.#part === undefined) {
      this.#part = this.#ahead.take(1)[0];
      this.#next = 0;
    }
    const part = this.#part;
    if (part === undefined) return;
    const end = Math.min(part.rows.length, this.#next + countMax);
    for (; this.#next < end; this.#next++) {
      const letter = this.#letters.current(part.rows[this.#next], part);
      if (letter !== undefined && !visit(letter)) return;
    }
    if (this.#next === part.rows.length) this.#part = undefined;
  }

  /** Lets go of what it reads from. */
  close(): void {
    this.#part = undefined;
    this.#ahead.close();
  }
}
