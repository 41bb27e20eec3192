/**
 * How many invocations of a shard only wait for what runs elsewhere, and how many of them have ended: kept by
 * `AsyncBounds`, for whoever turns the shard. As long as anything else is under way they do not count, since that may need
 * the shard's thread at any time.
 */
import type { SharedBound } from '../../sdk/function-extras.ts';

export class CallCounts {
  #elsewhereCount = 0;
  #hereCount = 0;
  /** Calls that have ended, modulo 2^32. */
  endedCount = 0;

  /** Calls under way; 0 while something else is. */
  get count(): number {
    return this.#hereCount > 0 ? 0 : this.#elsewhereCount;
  }

  begin(bound: SharedBound | undefined): void {
    if (bound?.runsElsewhere === true) this.#elsewhereCount++;
    else this.#hereCount++;
  }

  end(bound: SharedBound | undefined): void {
    if (bound?.runsElsewhere !== true) {
      this.#hereCount--;
      return;
    }
    this.#elsewhereCount--;
    this.endedCount = (this.endedCount + 1) | 0;
  }
}
