/**
 * Folding: moves committed deltas from the changelog into the state store, in the background, so that the changelog
 * stays short. It works in rounds. A round takes all deltas that are committed when it begins, finds the newest record
 * of each entity in them, puts those into the store in atomic synced batches, and only the last batch says that the
 * store has `applied` the round's epochs. A crash in the middle costs nothing: recovery lays all deltas after `applied`
 * over whatever the store holds, and puts are repeatable. So the store never holds what is not committed, and recovery
 * only redoes, never undoes.
 *
 * Its turns are slices; writing itself happens on other threads (`StoreBatch.write`).
 */
import { assert } from '../base/assert.ts';
import type { FileSystem } from '../base/file-system.ts';
import type { Entity } from '../state/entity.ts';
import { type RecordSpan, readRecord } from '../state/entity-record.ts';
import { readDelta } from '../store/changelog-reader.ts';
import type { ChangelogWriter } from '../store/changelog-writer.ts';
import { APPLIED_KEY } from '../store/key-layout.ts';
import type { StateStore, StoreBatch } from '../store/state-store.ts';
import type { DirtyEntities } from './dirty-entities.ts';
import { FRAME_STATE, type WrittenDelta } from './shard-snapshot.ts';

/** So many times its threshold the changelog may grow while the same entities are written again and again … */
const PATIENCE = 4;
/** … but no longer than until each of them has been written so often: one put then stands for that many. */
const WRITES_PER_PUT = 40;
/** What one turn does at most. */
const SLICE_COUNT = 512;
const BATCH_COUNT = 4096;
const BATCH_BYTES = 1 << 20;

export interface FoldHooks {
  /** An entity need no longer stay in memory. */
  released(entity: Entity): void;
  /** A batch has been written: a turn is due. */
  progressed(): void;
}

export interface FoldPlace {
  readonly fileSystem: FileSystem;
  readonly directory: string;
  readonly store: StateStore;
  readonly changelog: ChangelogWriter;
  readonly dirty: DirtyEntities;
  /** The epoch before the first of this run: what the run's own counting is based on. */
  readonly baseEpoch: number;
  /** A round begins when so many bytes of the changelog are committed and not folded, or up to four times as many. */
  readonly foldBytes: number;
}

export class Fold {
  readonly #place: FoldPlace;
  readonly #hooks: FoldHooks;
  /** Written and not yet folded, oldest first. */
  #deltas: WrittenDelta[] = [];
  /** How many of them are committed, and how long those are together. */
  #committedCount = 0;
  #committedBytes = 0;
  #committedRecords = 0;
  #committedEpoch = 0;
  /** The last epoch that may be folded now. */
  #lastEpoch = Number.POSITIVE_INFINITY;
  #round: Generator<number, void> | undefined;
  #roundCount = 0;
  #isWriting = false;
  #failure: Error | undefined;
  #isForced = false;
  readonly #span: RecordSpan = { keyStart: 0, keyEnd: 0, valueStart: 0, end: 0 };

  constructor(place: FoldPlace, hooks: FoldHooks) {
    this.#place = place;
    this.#hooks = hooks;
  }

  /** Whether a batch is being written elsewhere. */
  get isWriting(): boolean {
    return this.#isWriting;
  }

  get hasWork(): boolean {
    if (this.#isWriting) return false;
    return this.#failure !== undefined || this.#round !== undefined || this.#isDue();
  }

  /** The next round begins as soon as it can, however little there is to fold. */
  force(): void {
    this.#isForced = true;
  }

  add(delta: WrittenDelta): void {
    this.#deltas.push(delta);
  }

  /** All deltas up to this epoch of the run are committed. */
  committed(runEpoch: number): void {
    this.#committedEpoch = runEpoch;
    const last = Math.min(runEpoch, this.#lastEpoch);
    for (let next = this.#deltas[this.#committedCount]; next !== undefined && next.epoch <= last; ) {
      this.#committedBytes += next.location.byteLength;
      this.#committedRecords += next.entities.length;
      next = this.#deltas[++this.#committedCount];
    }
  }

  /** Brings the store to the end of this epoch of the run and leaves it there: nothing later is folded. */
  holdAt(runEpoch: number): void {
    this.#lastEpoch = runEpoch;
    this.force();
  }

  /** Whether the store stands where it is held. */
  get isHeld(): boolean {
    return this.#round === undefined && this.#place.dirty.appliedEpoch >= this.#lastEpoch;
  }

  /** Folding goes on. */
  release(): void {
    this.#lastEpoch = Number.POSITIVE_INFINITY;
    this.committed(this.#committedEpoch);
  }

  /** One slice. Returns how much there was to do. */
  work(): number {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#isWriting) return 0;
    if (this.#round === undefined && this.#isDue()) this.#round = this.#newRound();
    const result = this.#round?.next();
    if (result?.done === true) this.#round = undefined;
    return result?.value ?? 0;
  }

  /** A put costs the processor many times what a record does, so entities that are written often are let to be. */
  #isDue(): boolean {
    if (this.#isForced && this.#committedCount > 0) return true;
    const { foldBytes, dirty } = this.#place;
    if (this.#committedBytes < foldBytes) return false;
    if (this.#committedBytes >= foldBytes * PATIENCE) return true;
    return (
      this.#committedRecords >= dirty.pinnedCount * WRITES_PER_PUT || this.#committedRecords < dirty.pinnedCount * 2
    );
  }

  #newRound(): Generator<number, void> {
    this.#isForced = false;
    this.#roundCount++;
    const deltas = this.#deltas.splice(0, this.#committedCount);
    this.#committedCount = 0;
    this.#committedBytes = 0;
    this.#committedRecords = 0;
    return this.#steps(deltas);
  }

  *#steps(deltas: readonly WrittenDelta[]): Generator<number, void> {
    /** For each delta and record, 1 if it is the entity's newest. */
    const kept = deltas.map(({ entities }) => new Uint8Array(entities.length));
    for (let index = deltas.length - 1; index >= 0; index--) yield* this.#mark(deltas[index], kept[index]);
    let batch = this.#place.store.batch();
    for (let index = 0; index < deltas.length; index++) batch = yield* this.#put(deltas[index], kept[index], batch);
    const appliedEpoch = deltas.at(-1)?.epoch ?? 0;
    const applied = this.#place.baseEpoch + appliedEpoch;
    batch.put(APPLIED_KEY, Buffer.from(String(applied)));
    yield this.#write(batch);
    this.#place.dirty.appliedEpoch = appliedEpoch;
    // The changelog of the last committed epoch holds its messages in flight, so it stays.
    // The same holds for the one that the store is held at, since a savepoint copies them from there.
    const lastNeeded = Math.min(this.#committedEpoch, this.#lastEpoch);
    this.#place.changelog.removeThrough(Math.min(applied, this.#place.baseEpoch + lastNeeded - 1));
    for (let index = 0; index < deltas.length; index++) yield* this.#release(deltas[index], kept[index]);
  }

  /** Newest delta first: the first record that an entity is seen in is its newest. */
  *#mark({ entities }: WrittenDelta, kept: Uint8Array): Generator<number, void> {
    for (let index = 0; index < entities.length; index++) {
      const entity = entities[index];
      if (entity === undefined || entity.foldMark !== this.#roundCount) {
        if (entity !== undefined) entity.foldMark = this.#roundCount;
        kept[index] = 1;
      }
      if (index % SLICE_COUNT === SLICE_COUNT - 1) yield SLICE_COUNT;
    }
  }

  /** Puts the records that are kept; returns the batch to go on with. */
  *#put({ location }: WrittenDelta, kept: Uint8Array, first: StoreBatch): Generator<number, StoreBatch> {
    const { fileSystem, directory, store } = this.#place;
    let batch = first;
    let batchBytes = 0;
    let index = 0;
    for (const frame of readDelta(fileSystem, directory, location)) {
      if (frame.kind !== FRAME_STATE) continue;
      const bytes = Buffer.from(frame.bytes.buffer, frame.bytes.byteOffset, frame.bytes.length);
      for (let at = 0; at < bytes.length; at = this.#span.end) {
        readRecord(bytes, at, this.#span);
        if (kept[index++] === 1) batchBytes += this.#putRecord(bytes, batch);
        if (batch.count >= BATCH_COUNT || batchBytes >= BATCH_BYTES) {
          // `span` is shared with nobody while this generator sleeps: rounds follow each other.
          yield this.#write(batch);
          batch = store.batch();
          batchBytes = 0;
        } else if (index % SLICE_COUNT === 0) {
          yield SLICE_COUNT;
        }
      }
    }
    assert(index === kept.length, 'a delta has as many records as were written into it');
    return batch;
  }

  #putRecord(bytes: Buffer, batch: StoreBatch): number {
    const { keyStart, keyEnd, valueStart, end } = this.#span;
    const key = bytes.subarray(keyStart, keyEnd);
    if (valueStart === -1) batch.delete(key);
    else batch.put(key, bytes.subarray(valueStart, end));
    return end - keyStart;
  }

  /** Lets the batch be written; no further step happens before that has succeeded. */
  #write(batch: StoreBatch): number {
    this.#isWriting = true;
    batch.write().then(
      () => this.#settled(undefined),
      (cause: unknown) => this.#settled(cause instanceof Error ? cause : new Error(String(cause))),
    );
    return 1;
  }

  #settled(failure: Error | undefined): void {
    this.#isWriting = false;
    this.#failure ??= failure;
    this.#hooks.progressed();
  }

  /** Each entity of the round once. */
  *#release({ entities }: WrittenDelta, kept: Uint8Array): Generator<number, void> {
    const { dirty } = this.#place;
    for (let index = 0; index < entities.length; index++) {
      const entity = kept[index] === 1 ? entities[index] : undefined;
      if (entity !== undefined && !dirty.pins(entity)) {
        dirty.pinnedCount--;
        this.#hooks.released(entity);
      }
      if (index % SLICE_COUNT === SLICE_COUNT - 1) yield SLICE_COUNT;
    }
  }
}
