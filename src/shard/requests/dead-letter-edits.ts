/**
 * Gives dead letters other messages, as a request. Doing it twice does nothing twice: one that is there has the message
 * then, whatever it had before, and one that has gone stays away.
 */
import type { DeadLetterRows } from '../failing/dead-letters.ts';
import type { RequestWork, Slice } from './requests.ts';
import type { StoreBound } from './store-bound.ts';

/** Those that one turn edits. */
const SLICE_COUNT = 128;

export interface EditBody {
  /** Messages are tagged. */
  readonly edits: readonly (readonly [key: string, message: Uint8Array])[];
}

export class Edits implements RequestWork {
  readonly isWaiting = false;
  readonly #letters: DeadLetterRows;
  readonly #edits: EditBody['edits'];
  readonly #bound: StoreBound;
  #next = 0;

  /** `bound` is that of all edits of the shard: a program that edits many orders them in pieces. */
  constructor(letters: DeadLetterRows, { edits }: EditBody, bound: StoreBound) {
    this.#letters = letters;
    this.#edits = edits;
    this.#bound = bound;
  }

  get hasWork(): boolean {
    return !this.#bound.isReached;
  }

  work(): Slice | undefined {
    if (this.#bound.isReached) return undefined;
    const end = Math.min(this.#edits.length, this.#next + SLICE_COUNT);
    let count = 0;
    for (; this.#next < end; this.#next++) {
      const [key, message] = this.#edits[this.#next];
      if (this.#letters.edit(key, message)) count++;
    }
    this.#bound.add(count);
    return { count, isDone: this.#next === this.#edits.length, value: null };
  }
}
