/**
 * The records of one egress that have left the shards and were not yet taken by its consumer. They stay encoded, in
 * memory up to a limit and then on disk, so a slow consumer costs disk and not heap. Records leave in the order in
 * which they came.
 *
 * An epoch's records may leave only once it is committed (I5); until there are checkpoints every record may leave as
 * soon as it has come.
 */
import type { SpillStorage } from '../base/spill.ts';
import { Signal } from '../base/signal.ts';
import type { EnvelopeReader } from '../wire/envelope-reader.ts';
import { Overflow, type Placeable } from '../wire/overflow.ts';

export class EgressLedger {
  readonly type: string;
  /** Raised when there are new records. */
  readonly changed: Signal = new Signal();
  readonly #records: Overflow;
  readonly #reader: EnvelopeReader;
  #takenCount = 0;

  constructor(type: string, storage: SpillStorage, memoryBytesMax: number, reader: EnvelopeReader) {
    this.type = type;
    this.#records = new Overflow(storage, memoryBytesMax);
    this.#reader = reader;
  }

  /** Records that the consumer is not done with. */
  get pendingCount(): number {
    return this.#records.count + this.#takenCount;
  }

  /** Whether some of them lie on disk. */
  get isSpilled(): boolean {
    return this.#records.isSpilled;
  }

  hold(envelope: Placeable): void {
    this.#records.append(envelope);
    this.changed.raise();
  }

  spill(): void {
    this.#records.spill();
  }

  /** Takes at most `countMax` records, decoded. They stay pending until they are acknowledged. */
  take(countMax: number): unknown[] {
    const records: unknown[] = [];
    while (records.length < countMax && this.#records.count > 0) {
      this.#records.peek((words, bytes, offsetBytes, byteLength) => {
        this.#reader.wrap(words, bytes, offsetBytes, byteLength);
        records.push(this.#reader.payload());
      });
      this.#records.drop();
    }
    this.#takenCount += records.length;
    return records;
  }

  /** The consumer is done with all records that were taken. */
  acknowledge(): void {
    this.#takenCount = 0;
  }
}
