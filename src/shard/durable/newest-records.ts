/**
 * Which of the records in committed deltas are the newest of their items, so that a round of folding need not find out by
 * going through them: there may be millions, of items that lie all over memory. Every item remembers the number of its
 * last record, so the next record of it knows which one it replaces; when that delta is committed, a byte here says so.
 * The fold owns it, and nothing but numbers comes in.
 *
 * ```
 *    of the round under way        committed since
 *   ├─ done ──┼── not done yet ───┼──────────────────┤
 *             │ 1 0 0 1 1 …       │ 0 1 1 0 1 1 …    │     a byte for each record, by its number, in parts of 65,536
 *          `#first`          `#roundEnd`          `#end`
 * ```
 *
 * A record that comes behind a round takes the place of one that the round has not put yet: the store does without that,
 * since the changelog has the later one, which is committed, and a recovery lays it over the store. So what is written
 * again and again never goes to the store at all. Of rows a round finds the newest itself, and notes it here, too.
 *
 * Numbers come again after 2^31 records; nobody confuses them, since an item forgets the number of a record that has been
 * folded.
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
  /** From the one of `#first` on. */
  readonly #parts: Uint8Array[] = [];
  #firstPart = 0;
  /** One to use again. */
  #spare: Uint8Array | undefined;
  #first = 0;
  #roundEnd = 0;
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
      if (older !== NO_RECORD && this.#isOpen(older)) this.setMark(older, OLDER);
    }
  }

  /** A round begins, of all that are committed. */
  beginRound(): void {
    assert(this.#roundEnd === this.#first, 'a round is done with all of its records before the next one begins');
    this.#roundEnd = this.#end;
  }

  /** What a record is to the round that has it, or will. */
  mark(number: number): number {
    return this.#part(number)[number & PART_MASK];
  }

  setMark(number: number, mark: number): void {
    this.#part(number)[number & PART_MASK] = mark;
  }

  /** Whether any of these is the newest of its item. */
  hasNewest(first: number, count: number): boolean {
    for (let done = 0; done < count; ) {
      const piece = this.#piece(recordNumber(first, done), count - done);
      if (piece.includes(NEWEST)) return true;
      done += piece.length;
    }
    return false;
  }

  /** How many from this one on are older ones, up to `countMax`. */
  olderCount(first: number, countMax: number): number {
    let count = 0;
    while (count < countMax && this.mark(recordNumber(first, count)) === OLDER) count++;
    return count;
  }

  /** The round is done with all records before this one. */
  dropBefore(number: number): void {
    const count = recordDistance(this.#first, number);
    assert(count <= recordDistance(this.#first, this.#roundEnd), 'a round is done with no more than its records');
    for (let left = (this.#first & PART_MASK) + count; left >= PART_LENGTH; left -= PART_LENGTH) this.#dropPart();
    this.#first = number;
  }

  /** Whether a record that was committed is not done with yet. */
  #isOpen(number: number): boolean {
    return recordDistance(this.#first, number) < recordDistance(this.#first, this.#end);
  }

  /** The marks of these, as far as they lie in one part. */
  #piece(first: number, count: number): Uint8Array {
    const at = first & PART_MASK;
    return this.#part(first).subarray(at, Math.min(at + count, PART_LENGTH));
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
