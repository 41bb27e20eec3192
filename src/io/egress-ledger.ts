/**
 * The records of one egress that have left the shards and were not yet taken by its consumer. They stay encoded, in
 * memory up to a limit and then on disk, so a slow consumer costs disk and not heap. Records leave in the order in
 * which they came.
 *
 * With a data directory an epoch's records may leave only once it is committed (I5), and are kept in the egress's
 * journal until the consumer is done with them. While a checkpoint is under way, shards that have sent their marker are
 * an epoch ahead of those that have not: what they bring is set aside until all have.
 *
 * ```
 *   │ taken │ committed: may leave │ ended, being committed │ of this epoch │      set aside: of the next epoch
 * ```
 */
import type { CarriedTrace } from '../sdk/trace.ts';
import type { SpillStorage } from '../base/spill.ts';
import { Signal } from '../base/signal.ts';
import { KIND_EGRESS, TYPE_NONE } from '../wire/envelope-layout.ts';
import type { EnvelopeReader } from '../wire/envelope-reader.ts';
import type { EnvelopeWriter } from '../wire/envelope-writer.ts';
import { Overflow } from '../wire/overflow.ts';
import type { EgressJournal, EgressPosition, WrittenDelta } from './egress-journal.ts';
import type { PendingRecord } from './pending-records.ts';

/** So many times as many records may wait for a commit as for the consumer. */
const HELD_FACTOR = 16;
/** What moves within a ledger at once, or comes into it, leaves memory each time that it is so many records. */
const SPILL_COUNT = 1_024;

export interface LedgerBatch {
  readonly records: unknown[];
  /** The sequence number of the first. */
  readonly first: number;
  /** Of each record, where it comes from; undefined if that is known of none. */
  readonly traces: readonly (CarriedTrace | undefined)[] | undefined;
}

export class EgressLedger {
  readonly type: string;
  /** Raised when there are new records. */
  readonly changed: Signal = new Signal();
  /** Makes what a transactional sink has written durable; set by its pump. */
  syncSink: () => Promise<void> = async () => {};

  readonly #reader: EnvelopeReader;
  readonly #writer: EnvelopeWriter;
  readonly #records: Overflow;
  readonly #aside: Overflow;
  #journal: EgressJournal | undefined;
  /** How many of `#records` may leave. */
  #readyCount = 0;
  #takenCount = 0;
  #acknowledged = 0;
  /** What a transactional sink had written when it was last acknowledged. */
  #sinkPosition: unknown;

  constructor(
    type: string,
    storage: SpillStorage,
    memoryBytesMax: number,
    reader: EnvelopeReader,
    writer: EnvelopeWriter,
  ) {
    this.type = type;
    this.#reader = reader;
    this.#writer = writer;
    this.#records = new Overflow(storage, memoryBytesMax);
    this.#aside = new Overflow(storage, memoryBytesMax);
  }

  /** Records that the consumer is not done with. */
  get pendingCount(): number {
    return this.#records.count + this.#takenCount + this.#aside.count;
  }

  /** Records that wait for a commit. */
  get heldCount(): number {
    return this.#records.count - this.#readyCount + this.#aside.count;
  }

  /**
   * Whether more than `countMax` records wait for the consumer, or many times as many for a commit: those nobody could
   * take, and they lie on disk when they are too much for memory.
   */
  isCrowded(countMax: number): boolean {
    const { pendingCount, heldCount } = this;
    return pendingCount - heldCount > countMax || heldCount > countMax * HELD_FACTOR;
  }

  /** Records that the consumer is done with, since ever. */
  get acknowledgedCount(): number {
    return this.#acknowledged;
  }

  /** Whether some of them lie on disk. */
  get isSpilled(): boolean {
    return this.#records.isSpilled;
  }

  /** From here on records leave only when they are committed. */
  attachJournal(journal: EgressJournal, position: EgressPosition): void {
    this.#journal = journal;
    this.#acknowledged = position.acknowledged;
    this.#sinkPosition = position.sink;
  }

  /** A record that was committed before this run. */
  restore({ payload, form, trace }: PendingRecord): void {
    this.#writer.write(KIND_EGRESS, 0, 0, '', TYPE_NONE, '', payload, form, trace && { trace });
    this.#records.append(this.#writer);
    if (++this.#readyCount % SPILL_COUNT === 0) this.#records.spill();
  }

  /** A record has come, of the epoch that goes on or, from a shard that is ahead, of the next. */
  hold(words: Int32Array, startWord: number, byteLength: number, epoch: number, isAhead: boolean): void {
    this.#writer.take(words, startWord, byteLength);
    if (isAhead) {
      this.#aside.append(this.#writer);
      return;
    }
    this.#records.append(this.#writer);
    if (this.#journal !== undefined) {
      this.#journal.add(epoch, words, startWord, byteLength);
      return;
    }
    this.#readyCount++;
    this.changed.raise();
  }

  /** All shards have ended this epoch. Returns what must be synced before it can be committed. */
  endEpoch(epoch: number): WrittenDelta | undefined {
    const written = this.#journal?.endEpoch(epoch);
    while (this.#aside.count > 0) {
      this.#aside.peek((words, _bytes, offsetBytes, byteLength) => {
        this.hold(words, offsetBytes >> 2, byteLength, epoch + 1, false);
      });
      this.#aside.drop();
    }
    return written;
  }

  /** What the checkpoint of the ended epoch remembers, once a transactional sink is synced. */
  async position(): Promise<EgressPosition | undefined> {
    const journal = this.#journal;
    if (journal === undefined) return undefined;
    // Taken together, before anything is awaited: what is acknowledged is what the sink has written.
    const position = journal.position(this.#acknowledged, this.#sinkPosition);
    await this.syncSink();
    return position;
  }

  /** The checkpoint is committed: its records may leave. */
  committed(position: EgressPosition): void {
    const count = this.#journal?.committed(position) ?? 0;
    this.#readyCount += count;
    if (count > 0) this.changed.raise();
  }

  /** The shards have gone back to the last commit, and will bring again what came since. */
  rollBack(journal: EgressJournal): void {
    this.#journal?.close();
    this.#journal = journal;
    const lostCount = this.#records.count - this.#readyCount;
    // What stays goes round to the end; then what does not stay is at the front.
    for (let index = 0; index < this.#readyCount; index++) {
      this.#records.rotate(this.#writer);
      if (index % SPILL_COUNT === 0) this.#records.spill();
    }
    for (let index = 0; index < lostCount; index++) this.#records.drop();
    while (this.#aside.count > 0) this.#aside.drop();
  }

  spill(): void {
    this.#records.spill();
    this.#aside.spill();
  }

  /** Takes at most `countMax` records, decoded. They stay pending until they are acknowledged. */
  take(countMax: number): LedgerBatch {
    const first = this.#acknowledged + this.#takenCount;
    const records: unknown[] = [];
    let traces: (CarriedTrace | undefined)[] | undefined;
    while (records.length < countMax && this.#readyCount > 0) {
      this.#records.peek((words, bytes, offsetBytes, byteLength) => {
        this.#reader.wrap(words, bytes, offsetBytes, byteLength);
        const trace = this.#reader.meta()?.trace;
        if (trace !== undefined) traces ??= records.map(() => undefined);
        traces?.push(trace);
        records.push(this.#reader.payload());
      });
      this.#records.drop();
      this.#readyCount--;
    }
    this.#takenCount += records.length;
    return { records, first, traces };
  }

  /** Where a transactional sink goes on. */
  get sinkPosition(): unknown {
    return this.#sinkPosition;
  }

  /** The consumer is done with all records that were taken; a transactional sink says where it stands now. */
  acknowledge(sinkPosition?: unknown): void {
    this.#acknowledged += this.#takenCount;
    this.#takenCount = 0;
    this.#sinkPosition = sinkPosition;
  }

  close(): void {
    this.#journal?.close();
  }
}
