/**
 * How many dead letters may be handled before the store must know of it: until then each is a row in memory. Without a data
 * directory nothing stays in memory for want of a store; epochs do not go on there, and the bound is never reached.
 */
import type { DeadLetterPlace } from './dead-letter-place.ts';

const UNSTORED_COUNT_MAX = 1 << 15;

export class StoreBound {
  readonly #place: DeadLetterPlace;
  /** Handled since the store was up to date with all that was handled. */
  #unstoredCount = 0;
  /** It goes on when the store holds this epoch. */
  #awaitedEpoch = 0;

  constructor(place: DeadLetterPlace) {
    this.#place = place;
  }

  /** Whether nothing more may be handled now. */
  get isReached(): boolean {
    return this.#place.workplace.rows.dirty.appliedEpoch < this.#awaitedEpoch;
  }

  add(count: number): void {
    this.#unstoredCount += count;
    if (this.#unstoredCount < UNSTORED_COUNT_MAX) return;
    this.#unstoredCount = 0;
    this.#awaitedEpoch = this.#place.workplace.rows.dirty.epoch;
    this.#place.storeSoon();
  }
}
