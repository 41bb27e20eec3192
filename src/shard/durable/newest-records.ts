/**
 * Which of the records in committed deltas are the newest of their items, so that a round of folding need not find out by
 * going through them: there may be millions, of items that lie all over memory. Every item remembers the number of its
 * last record, so the next record of it knows which one it replaces; when that delta is committed, a byte here says so.
 * The fold owns it, and nothing but numbers comes in.
 *
 * ```
 *    of the round under way        committed since
 *   ├─ taken ─┼── not taken yet ──┼──────────────────┤
 *             │ 1 0 0 1 1 …       │ 0 1 1 0 1 1 …    │     a byte for each record, by its number
 *          `#taken`            `#first`           `#end`
 * ```
 *
 * What is replaced by a record that comes behind a round stays the newest for that round: until the later one is folded,
 * too, the store must have it. Numbers come again after 2^31 records; nobody confuses them, since an item forgets the
 * number of a record that has been folded.
 */
import { assert } from '../../base/assert.ts';
import { NO_RECORD, recordDistance, recordNumber } from '../../state/record-number.ts';

/** What a record is to a round: not the newest of its item, or the newest. */
export const OLDER = 0;
export const NEWEST = 1;

const LENGTH_MIN = 1 << 12;

export class NewestRecords {
  /** By number, modulo the length, which is a power of two. */
  #marks = new Uint8Array(LENGTH_MIN);
  #taken = 0;
  #first = 0;
  #end = 0;

  /** A delta is committed: `first` is the number of its first record; `replaced` has for each the one it replaces. */
  add(first: number, replaced: readonly number[]): void {
    assert(first === this.#end, 'deltas are committed in the order in which they were written');
    const count = replaced.length;
    this.#makeRoom(count);
    const mask = this.#marks.length - 1;
    for (let index = 0; index < count; index++) {
      this.#marks[(first + index) & mask] = NEWEST;
      const older = replaced[index];
      if (older !== NO_RECORD && this.#isOpen(older)) this.#marks[older & mask] = OLDER;
    }
    this.#end = recordNumber(first, count);
  }

  /** A round begins, of all that are committed. */
  beginRound(): void {
    assert(this.#taken === this.#first, 'a round takes all of its records before the next one begins');
    this.#first = this.#end;
  }

  /** What the next `count` records are to the round, oldest first. */
  take(count: number): Uint8Array {
    assert(count <= recordDistance(this.#taken, this.#first), 'a round takes no more than its records');
    const taken = this.#copy(this.#taken, count, new Uint8Array(count));
    this.#taken = recordNumber(this.#taken, count);
    return taken;
  }

  /** Whether a record that was committed is for a round to come. */
  #isOpen(number: number): boolean {
    return recordDistance(this.#first, number) < recordDistance(this.#first, this.#end);
  }

  #makeRoom(count: number): void {
    const keptCount = recordDistance(this.#taken, this.#end);
    let { length } = this.#marks;
    if (keptCount + count <= length) return;
    while (length < keptCount + count) length *= 2;
    const kept = this.#copy(this.#taken, keptCount, new Uint8Array(keptCount));
    this.#marks = new Uint8Array(length);
    const at = this.#taken & (length - 1);
    const untilEnd = Math.min(keptCount, length - at);
    this.#marks.set(kept.subarray(0, untilEnd), at);
    this.#marks.set(kept.subarray(untilEnd), 0);
  }

  /** The marks lie in a circle, so they may come in two pieces. */
  #copy(from: number, count: number, to: Uint8Array): Uint8Array {
    const at = from & (this.#marks.length - 1);
    const untilEnd = Math.min(count, this.#marks.length - at);
    to.set(this.#marks.subarray(at, at + untilEnd));
    to.set(this.#marks.subarray(0, count - untilEnd), untilEnd);
    return to;
  }
}
