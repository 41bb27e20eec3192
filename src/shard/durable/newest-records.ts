/**
 * Which of the records in committed deltas are the newest of their items, so that a round of folding need not find out by
 * going through them: there may be millions, of items that lie all over memory. Every item remembers the number of its
 * last record, so the next record of it knows which one it replaces; when that delta is committed, a byte here says so.
 * The fold owns it, and nothing but numbers comes in.
 *
 * ```
 *    of the round under way        committed since
 *   ├─ taken ─┼── not taken yet ──┼──────────────────┤
 *             │ 1 0 0 1 1 …       │ 0 1 1 0 1 1 …    │     a byte for each record, by its number, in parts of 65,536
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

/** Marks lie in parts, so that nothing is copied when there are more (I10). */
const PART_BITS = 16;
const PART_LENGTH = 1 << PART_BITS;
const PART_MASK = PART_LENGTH - 1;
/** Numbers are of 31 bits. */
const PART_NUMBER_MASK = 0x7fff_ffff >>> PART_BITS;

/** Of each record of a delta, the number of the one that it replaces. */
interface Replaced {
  readonly length: number;
  at(index: number): number | undefined;
}

export class NewestRecords {
  /** From the one of `#taken` on. */
  readonly #parts: Uint8Array[] = [];
  #firstPart = 0;
  /** One to use again. */
  #spare: Uint8Array | undefined;
  #taken = 0;
  #first = 0;
  #end = 0;

  /**
   * A delta is committed, or a part of it, from the record at `from` to the one before `until`: `first` is the number of
   * its first record; `replaced` has for each the one it replaces. Rounds do not begin within a delta.
   */
  add(first: number, replaced: Replaced, from = 0, until: number = replaced.length): void {
    assert(recordNumber(first, from) === this.#end, 'deltas are committed in the order in which they were written');
    for (let index = from; index < until; index++) {
      const number = recordNumber(first, index);
      this.#partFor(number)[number & PART_MASK] = NEWEST;
      // It may replace one of the same delta.
      this.#end = recordNumber(number, 1);
      const older = replaced.at(index) as number;
      if (older !== NO_RECORD && this.#isOpen(older)) this.#part(older)[older & PART_MASK] = OLDER;
    }
  }

  /** A round begins, of all that are committed. */
  beginRound(): void {
    assert(this.#taken === this.#first, 'a round takes all of its records before the next one begins');
    this.#first = this.#end;
  }

  /** What the next `count` records are to the round, oldest first. */
  take(count: number): Uint8Array {
    assert(count <= recordDistance(this.#taken, this.#first), 'a round takes no more than its records');
    const marks = new Uint8Array(count);
    for (let done = 0; done < count; ) {
      const at = this.#taken & PART_MASK;
      const length = Math.min(count - done, PART_LENGTH - at);
      marks.set(this.#part(this.#taken).subarray(at, at + length), done);
      done += length;
      this.#taken = recordNumber(this.#taken, length);
      if (at + length === PART_LENGTH) this.#dropPart();
    }
    return marks;
  }

  /** Whether a record that was committed is for a round to come. */
  #isOpen(number: number): boolean {
    return recordDistance(this.#first, number) < recordDistance(this.#first, this.#end);
  }

  #part(number: number): Uint8Array {
    return this.#parts[((number >>> PART_BITS) - this.#firstPart) & PART_NUMBER_MASK];
  }

  /** The one of the next number. */
  #partFor(number: number): Uint8Array {
    const index = ((number >>> PART_BITS) - this.#firstPart) & PART_NUMBER_MASK;
    if (index === this.#parts.length) {
      this.#parts.push(this.#spare ?? new Uint8Array(PART_LENGTH));
      this.#spare = undefined;
    }
    return this.#parts[index];
  }

  #dropPart(): void {
    this.#spare = this.#parts.shift();
    this.#firstPart = (this.#firstPart + 1) & PART_NUMBER_MASK;
  }
}
