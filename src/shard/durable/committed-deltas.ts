/**
 * The deltas of this run that are written and not folded, oldest first, and what is known of those that are committed:
 * how much that is, and which of their records are the newest. The fold owns it, and takes from it what a round folds.
 *
 * A delta may have hundreds of thousands of records. So when it is committed they are noted in parts, one a turn (I10);
 * a round has whole deltas, and waits for that.
 */
import { NewestRecords } from './newest-records.ts';
import type { WrittenDelta } from './written-delta.ts';

/** What it costs to note which record one replaces, with very many of them: it waits for memory. */
const NOTE_US = 0.1;

export class CommittedDeltas {
  readonly newest: NewestRecords = new NewestRecords();
  /** Of those that a round may have: how long they are together, and how many records they have. */
  byteLength = 0;
  recordCount = 0;
  /** All deltas up to this epoch are committed. */
  committedEpoch = 0;
  /** Nothing later is for a round. */
  lastEpoch: number = Number.POSITIVE_INFINITY;
  #deltas: WrittenDelta[] = [];
  /** How many of them are committed, and noted. */
  #count = 0;
  /** Of the next one, so many records have been noted. */
  #notedCount = 0;

  /** How many a round may have. */
  get count(): number {
    return this.#count;
  }

  add(delta: WrittenDelta): void {
    this.#deltas.push(delta);
  }

  /** Whether something of what is committed is still to be noted. */
  get isOpen(): boolean {
    return this.#next !== undefined;
  }

  get #next(): WrittenDelta | undefined {
    const next = this.#deltas[this.#count];
    if (next === undefined || this.#notedCount > 0) return next;
    return next.epoch <= Math.min(this.committedEpoch, this.lastEpoch) ? next : undefined;
  }

  /** Notes for about so long. */
  note(stepUs: number): void {
    let leftCount = Math.max(1, stepUs / NOTE_US);
    for (let next = this.#next; next !== undefined && leftCount > 0; next = this.#next) {
      const { firstRecord, replaced, items, location } = next;
      const until = Math.min(items.length, this.#notedCount + Math.ceil(leftCount));
      this.newest.add(firstRecord, replaced, this.#notedCount, until);
      // An empty delta costs something, too.
      leftCount -= until - this.#notedCount + 1;
      this.#notedCount = until;
      if (until < items.length) return;
      replaced.drop();
      this.#notedCount = 0;
      this.#count++;
      this.byteLength += location.byteLength;
      this.recordCount += items.length;
    }
  }

  /** Begins a round with all that it may have. */
  take(): readonly WrittenDelta[] {
    this.newest.beginRound();
    const deltas = this.#deltas.splice(0, this.#count);
    this.#count = this.byteLength = this.recordCount = 0;
    return deltas;
  }
}
