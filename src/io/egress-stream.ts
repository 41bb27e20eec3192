/**
 * An egress as an async iterable. It pulls: records stay in the ledger until the loop asks for them, so a loop that is
 * slow, paused or left early (`break`) holds the rest back, and the next loop over the same egress goes on from there.
 */
import type { CarriedTrace } from '../sdk/trace.ts';
import type { EgressLedger, LedgerBatch } from './egress-ledger.ts';

const BATCH_COUNT = 256;

export class EgressStream<Record> implements AsyncIterableIterator<Record, void, undefined> {
  readonly #ledger: EgressLedger;
  readonly #progressed: () => void;
  #batch: readonly Record[] = [];
  #traces: LedgerBatch['traces'];
  /** The sequence number of the batch's first record. */
  #first = 0;
  #next = 0;
  #ended = false;
  #error: Error | undefined;

  /** `progressed` is called when records have been taken: there may be room for more input. */
  constructor(ledger: EgressLedger, progressed: () => void) {
    this.#ledger = ledger;
    this.#progressed = progressed;
  }

  /** The engine has stopped: the loop gets what is left, and then the end. */
  end(): void {
    this.#ended = true;
    this.#ledger.changed.raise();
  }

  /** The engine has failed: the loop gets the error. */
  fail(error: Error): void {
    this.#error = error;
    this.end();
  }

  async next(): Promise<IteratorResult<Record, void>> {
    while (true) {
      if (this.#error !== undefined) throw this.#error;
      if (this.#next < this.#batch.length) return { done: false, value: this.#batch[this.#next++] };
      this.#refill();
      if (this.#batch.length > 0) continue;
      if (this.#ended) return { done: true, value: undefined };
      await this.#ledger.changed.next();
    }
  }

  /**
   * The number in this egress of the record that was given last: with a data directory the same record has the same
   * number whatever is replayed.
   */
  get sequence(): number {
    return this.#first + this.#next - 1;
  }

  /** The trace of the invocation that made the record which was given last; undefined if its message brought none. */
  get trace(): CarriedTrace | undefined {
    return this.#traces?.[this.#next - 1];
  }

  /** Leaves the rest for the next loop. */
  async return(): Promise<IteratorResult<Record, void>> {
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Only a loop that comes back for more is done with what it was given. */
  #refill(): void {
    const hadRecords = this.#batch.length > 0;
    this.#ledger.acknowledge();
    const { records, first, traces } = this.#ledger.take(BATCH_COUNT);
    this.#batch = records as Record[];
    this.#traces = traces;
    this.#first = first;
    this.#next = 0;
    if (hadRecords) this.#progressed();
  }
}
