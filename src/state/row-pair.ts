/**
 * Two rows that are set and removed together, and are one thing until somebody wants one of them by its key: the two of
 * a delayed message. As one they are a small object and a piece of bytes outside the heap, since there may be a million
 * of them; a checkpoint copies those bytes, and a fold knows both by the one object. When they are *parted* they become
 * two rows like all others, with the same past.
 *
 * ```
 *   bytes: the records of both, as a changelog has them (record-layout.ts): │ record of the first │ record of the second │
 * ```
 *
 * Their keys are never used before and never again.
 */
import { PayloadCodec } from '../wire/payload-codec.ts';
import { ByteSlots } from './byte-slots.ts';
import { type RecordSpan, readRecord, readRowValueAt } from './record-reader.ts';
import { RecordWriter } from './record-writer.ts';
import { Row, type Stored } from './row.ts';

const NO_SLOT = -1;
const NOT_LATE = -1;
const SCRATCH_BYTES = 1 << 12;

export class RowPair implements Stored {
  dirtyEpoch = 0;
  foldMark = 0;
  mayBeStored = false;
  /** Whether both have been removed. */
  isRemoved = false;
  /** Whether somebody will ask for its bytes although the store has it. */
  isHeld = false;
  /** Where its bytes are; kept by `RowPairs`. */
  slot: number = NO_SLOT;
  /** Where in a `RowTable` it waits; kept by that. */
  lateAt: number = NOT_LATE;
  /** Both rows, once it is parted. */
  parted: readonly [first: Row, second: Row] | undefined = undefined;

  get isLate(): boolean {
    return this.lateAt !== NOT_LATE;
  }

  /** It waits no more. */
  leave(): void {
    this.lateAt = NOT_LATE;
  }
}

/** The bytes of all pairs of a shard. */
export class RowPairs {
  readonly #slots = new ByteSlots();
  readonly #codec = new PayloadCodec(Number.MAX_SAFE_INTEGER);
  readonly #records = new RecordWriter(this.#codec, SCRATCH_BYTES);
  readonly #span: RecordSpan = { keyStart: 0, keyEnd: 0, valueStart: 0, end: 0 };

  /** Keeps what a pair is: the value of the first row; that of the second is `true`. */
  put(pair: RowPair, first: Uint8Array, second: Uint8Array, secondBytes: number, value: unknown): void {
    const records = this.#records;
    records.length = 0;
    records.writeRowOf(first, first.length, value);
    records.writeRowOf(second, secondBytes, true);
    pair.slot = this.#slots.take(records.length);
    this.#slots.find(pair.slot);
    records.bytes.copy(this.#slots.bytes, this.#slots.start, 0, records.length);
  }

  firstKey(pair: RowPair): string {
    if (pair.parted !== undefined) return pair.parted[0].key;
    const { keyStart, keyEnd } = this.#first(pair);
    return this.#slots.bytes.toString('latin1', keyStart, keyEnd);
  }

  /** The value of the first row, as if it had not been removed. */
  firstValue(pair: RowPair): unknown {
    if (pair.parted !== undefined) return pair.parted[0].value;
    const { valueStart } = this.#first(pair);
    return readRowValueAt(this.#codec, this.#slots.bytes, valueStart);
  }

  /** Where the first record lies. */
  #first({ slot }: RowPair): RecordSpan {
    this.#slots.find(slot);
    return readRecord(this.#slots.bytes, this.#slots.start, this.#span);
  }

  /** Writes the records of one that is not parted, as it is now. */
  write(pair: RowPair, records: RecordWriter): void {
    const span = this.#first(pair);
    const { bytes, start } = this.#slots;
    if (pair.isRemoved) records.copyRemoval(bytes, span.keyStart, span.keyEnd);
    readRecord(bytes, span.end, span);
    if (pair.isRemoved) records.copyRemoval(bytes, span.keyStart, span.keyEnd);
    else records.copyRecords(bytes, start, span.end);
  }

  /** Makes two rows of it, with the same past. */
  part(pair: RowPair): readonly [first: Row, second: Row] {
    const value = pair.isRemoved ? undefined : this.firstValue(pair);
    const first = rowOf(pair, this.firstKey(pair), value);
    const { end } = this.#first(pair);
    const { keyStart, keyEnd } = readRecord(this.#slots.bytes, end, this.#span);
    const second = rowOf(
      pair,
      this.#slots.bytes.toString('latin1', keyStart, keyEnd),
      pair.isRemoved ? undefined : true,
    );
    pair.parted = [first, second];
    this.free(pair);
    return pair.parted;
  }

  /** Nobody wants its bytes any more. */
  free(pair: RowPair): void {
    if (pair.slot === NO_SLOT) return;
    this.#slots.free(pair.slot);
    pair.slot = NO_SLOT;
  }

  /** Memory that is kept for them, used or not. */
  get byteLength(): number {
    return this.#slots.byteLength;
  }
}

function rowOf({ dirtyEpoch, foldMark, mayBeStored }: RowPair, key: string, value: unknown): Row {
  const row = new Row(key, value, mayBeStored);
  row.dirtyEpoch = dirtyEpoch;
  row.foldMark = foldMark;
  return row;
}
