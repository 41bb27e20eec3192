/**
 * One round of folding: the newest record of each entity and row in some committed deltas goes into the state store, in
 * atomic synced batches, of which only the last says that the store has `applied` them. A generator, whose steps are
 * slices, over many small deltas or within a large one; after a step that waits for the disk nobody takes the next one
 * until that has succeeded.
 */
import { assert } from '../../base/assert.ts';
import type { FileSystem } from '../../base/file-system.ts';
import { NOTHING, NOTHING_BELOW, type RecordSpan, readRecord } from '../../state/record-reader.ts';
import { recordNumber } from '../../state/record-number.ts';
import { type Erasure, Row } from '../../state/row.ts';
import { readDelta } from '../../store/changelog-reader.ts';
import { APPLIED_KEY, BEGUN_KEY } from '../../store/key-layout.ts';
import { ReadBuffer } from '../../store/read-buffer.ts';
import type { StateStore, StoreBatch } from '../../store/state-store.ts';
import type { PairedRows } from '../rows/paired-rows.ts';
import type { Item } from './dirty-entities.ts';
import { eraseStored } from './erase-stored.ts';
import { FoldMarks } from './fold-marks.ts';
import { batchCountMax } from './fold-place.ts';
import type { NewestRecords } from './newest-records.ts';
import type { OrderedPuts } from './ordered-puts.ts';
import type { RecoveredRecords } from './recovered-records.ts';
import { FRAME_STATE } from './delta-encoder.ts';
import type { WrittenDelta } from './written-delta.ts';

/**
 * What things cost, about, so that a step's length is known without a clock; see `bench/NOTES.md` for a put. What they
 * really cost depends on the machine, so where there is a clock it is looked at, too.
 */
const SKIP_US = 0.005;
const LOOK_US = 0.1;
const COLLECT_US = 0.3;
const SIFT_US = 0.3;
const PUT_US = 3;
const READ_US = 50;
/** Between two looks at the clock. */
const CLOCK_US = 50;
/** Records that are skipped together. */
const SKIP_COUNT = 4096;
const BATCH_BYTES = 1 << 20;

export interface FoldRoundPlace {
  readonly fileSystem: FileSystem;
  readonly directory: string;
  readonly store: StateStore;
  readonly pairs: PairedRows;
  /** Empty, and for one round after the other. */
  readonly puts: OrderedPuts;
  /** So much is collected before it is put in order. */
  readonly foldBytes: number;
  /** What a recovery has found, older than all deltas. */
  readonly recovered: RecoveredRecords | undefined;
  /** Of what a recovery has found, so many records have turned out to be older ones of keys with another. */
  sifted(olderCount: number): void;
  /** How long the next step may take, about. */
  stepUs(): number;
  /** Whether the step that is being taken has taken so long by the clock; never without one. */
  isLate(): boolean;
  /** No step may be taken before this is done. */
  wait(written: Promise<void>): void;
}

export class FoldRound {
  readonly #place: FoldRoundPlace;
  readonly #deltas: readonly WrittenDelta[];
  readonly #newest: NewestRecords;
  readonly #marks: FoldMarks;
  /** What is kept of a frame is copied before the next one is read. */
  readonly #readBuffer = new ReadBuffer();
  /** By the step that goes on. */
  #spentUs = 0;
  /** When so much is spent, the clock is looked at. */
  #lookUs = CLOCK_US;
  readonly #span: RecordSpan = { keyStart: 0, keyEnd: 0, valueStart: 0, end: 0 };

  /** `newest` knows that a round of these has begun; `mark` tells this round's marks from those of others. */
  constructor(place: FoldRoundPlace, deltas: readonly WrittenDelta[], newest: NewestRecords, mark: number) {
    this.#place = place;
    this.#deltas = deltas;
    this.#newest = newest;
    this.#marks = new FoldMarks(place.pairs.all, deltas, newest, mark);
  }

  /** Brings the store to `applied`. Each step is worth the number that it yields. */
  *store(applied: number): Generator<number, void> {
    const deltas = this.#deltas;
    const { recovered } = this.#place;
    for (let index = deltas.length - 1; index >= 0; index--) yield* this.#markDelta(index);
    yield* this.#erase(recovered?.erasures ?? []);
    if (recovered !== undefined) yield* this.#siftRecovered(recovered);
    let batch = this.#place.store.batch();
    batch.put(BEGUN_KEY, Buffer.from(String(applied)));
    if (recovered !== undefined) batch = yield* this.#collectRecovered(recovered, batch);
    for (let index = 0; index < deltas.length; index++) batch = yield* this.#collect(index, batch);
    batch = yield* this.#put(batch);
    batch.put(APPLIED_KEY, Buffer.from(String(applied)));
    yield this.#write(batch);
  }

  /**
   * Shows every item of the round once; undefined stands for a recovered record that nothing was made of. Erasures go
   * first: as long as one is there, what the store has under it is not seen, and a row that was put there since would be
   * neither in memory nor in the store.
   */
  *items(visit: (item: Item | undefined) => void): Generator<number, void> {
    const { recovered } = this.#place;
    for (const erasure of [...(recovered?.erasures ?? []), ...this.#marks.erasures]) visit(erasure);
    if (recovered !== undefined) yield* this.#recoveredItems(recovered, visit);
    for (let delta = 0; delta < this.#deltas.length; delta++) {
      const { items, firstRecord } = this.#deltas[delta];
      for (let index = 0; index < items.length; ) {
        const next = this.#marks.skip(delta, index, SKIP_COUNT);
        const costUs = SKIP_US * (next - index) + LOOK_US;
        index = next === index ? this.#marks.visit(delta, index, visit) : next;
        items.dropBefore(index);
        if (this.#isSpent(costUs)) yield 1;
      }
      this.#newest.dropBefore(recordNumber(firstRecord, items.length));
      items.drop();
    }
  }

  *#markDelta(delta: number): Generator<number, void> {
    const { others } = this.#deltas[delta];
    for (let index = 0; index < others.length; index++) {
      this.#marks.mark(delta, others.at(index));
      if (this.#isSpent(LOOK_US)) yield 1;
    }
    others.drop();
    this.#marks.endDelta();
  }

  *#siftRecovered(recovered: RecoveredRecords): Generator<number, void> {
    const countBefore = recovered.count;
    for (const count of recovered.sift()) if (this.#isSpent(SIFT_US * count)) yield 1;
    this.#place.sifted(countBefore - recovered.count);
  }

  *#recoveredItems(recovered: RecoveredRecords, visit: (item: Item | undefined) => void): Generator<number, void> {
    for (const entry of recovered.newest()) {
      const { item } = recovered.record(entry);
      // What has been written since comes up with its own delta.
      if (item === undefined || Math.abs(item.dirtyEpoch) <= recovered.lastEpoch) visit(item);
      if (this.#isSpent(LOOK_US)) yield 1;
    }
  }

  /** Collects the newest record of each key that a recovery has found; returns the batch to go on with. */
  *#collectRecovered(recovered: RecoveredRecords, first: StoreBatch): Generator<number, StoreBatch> {
    let batch = first;
    for (const entry of recovered.newest()) {
      const { bytes, keyStart, keyEnd, valueStart, end, item } = recovered.record(entry);
      const key = bytes.subarray(keyStart, keyEnd);
      if (valueStart === NOTHING || this.#marks.isErased(item)) this.#place.puts.delete(key);
      else this.#place.puts.put(key, bytes.subarray(valueStart, end));
      if (this.#hasCollected) batch = yield* this.#put(batch);
      else if (this.#isSpent(COLLECT_US)) yield 1;
    }
    return batch;
  }

  get #hasCollected(): boolean {
    return this.#place.puts.byteLength >= this.#place.foldBytes;
  }

  /** Puts what has been collected, key group by key group; returns the batch to go on with. */
  *#put(first: StoreBatch): Generator<number, StoreBatch> {
    let batch = first;
    let batchBytes = 0;
    for (const { key, value } of this.#place.puts.inOrder()) {
      if (value === undefined) batch.delete(key);
      else batch.put(key, value);
      batchBytes += key.length + (value?.length ?? 0);
      if (batch.count >= batchCountMax(this.#place.foldBytes) || batchBytes >= BATCH_BYTES) {
        yield this.#write(batch);
        batch = this.#place.store.batch();
        batchBytes = 0;
      } else if (this.#isSpent(PUT_US)) {
        yield 1;
      }
    }
    this.#place.puts.clear();
    return batch;
  }

  /** Something has been done; returns whether the step should end. */
  #isSpent(costUs: number): boolean {
    this.#spentUs += costUs;
    if (this.#spentUs < this.#place.stepUs() && !this.#isLate()) return false;
    this.#spentUs = 0;
    this.#lookUs = CLOCK_US;
    return true;
  }

  #isLate(): boolean {
    if (this.#spentUs < this.#lookUs) return false;
    this.#lookUs = this.#spentUs + CLOCK_US;
    return this.#place.isLate();
  }

  /**
   * Removes from the store what the round's erasures and those of a recovery say. That goes before all that is put, for
   * nothing is put that was erased afterwards.
   */
  *#erase(recovered: readonly Erasure[]): Generator<number, void> {
    const prefixes = [...this.#marks.erased.values(), ...recovered].map(({ prefix }) => prefix);
    if (prefixes.length === 0) return;
    this.#place.wait(eraseStored(this.#place.store, prefixes, batchCountMax(this.#place.foldBytes)));
    yield 1;
  }

  /** Collects the records that are kept; returns the batch to go on with. */
  *#collect(delta: number, first: StoreBatch): Generator<number, StoreBatch> {
    const { fileSystem, directory } = this.#place;
    let batch = first;
    const { location, items } = this.#deltas[delta];
    if (!this.#marks.keepsAny(delta)) return batch;
    if (this.#isSpent(READ_US)) yield 1;
    let index = 0;
    for (const frame of readDelta(fileSystem, directory, location, this.#readBuffer)) {
      if (frame.kind !== FRAME_STATE) continue;
      const bytes = Buffer.from(frame.bytes.buffer, frame.bytes.byteOffset, frame.bytes.length);
      for (let at = 0; at < bytes.length; at = this.#span.end) {
        readRecord(bytes, at, this.#span);
        const isKept = this.#marks.keeps(delta, index);
        if (isKept) this.#collectRecord(bytes, this.#marks.itemAt(delta, index));
        index++;
        // `span` is shared with nobody while this generator sleeps: rounds follow each other.
        if (this.#hasCollected) batch = yield* this.#put(batch);
        else if (this.#isSpent(isKept ? COLLECT_US : LOOK_US)) yield 1;
      }
    }
    assert(index === items.length, 'a delta has as many records as were written into it');
    return batch;
  }

  #collectRecord(bytes: Buffer, item: Item): void {
    const { keyStart, keyEnd, valueStart, end } = this.#span;
    const key = bytes.subarray(keyStart, keyEnd);
    if (valueStart === NOTHING) {
      // What has come and gone between two rounds the store has never seen.
      if (this.#mayBeStored(item)) this.#place.puts.delete(key);
    } else if (valueStart !== NOTHING_BELOW) {
      this.#place.puts.put(key, bytes.subarray(valueStart, end));
      if (typeof item === 'number') this.#place.pairs.all.setMayBeStored(item);
      else if (item instanceof Row) item.mayBeStored = true;
    }
  }

  #mayBeStored(item: Item): boolean {
    if (typeof item === 'number') return this.#place.pairs.all.mayBeStored(item);
    return !(item instanceof Row) || item.mayBeStored;
  }

  #write(batch: StoreBatch): number {
    this.#place.wait(batch.write());
    return 1;
  }
}
