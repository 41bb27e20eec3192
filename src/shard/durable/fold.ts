/**
 * Folding: moves committed deltas from the changelog into the state store, in the background, so that the changelog
 * stays short. It works in rounds. A round takes all deltas that are committed when it begins, finds the newest record
 * of each entity and row in them, puts those into the store in atomic synced batches, and only the last batch says that the
 * store has `applied` the round's epochs. A crash in the middle costs nothing: recovery lays all deltas after `applied`
 * over whatever the store holds, and puts are repeatable. So the store never holds what is not committed, and recovery
 * only redoes, never undoes.
 *
 * Its turns are slices; writing itself happens on other threads (`StoreBatch.write`).
 */
import { CommittedDeltas } from './committed-deltas.ts';
import { FoldRests } from './fold-pace.ts';
import type { FoldHooks, FoldPlace } from './fold-place.ts';
import { FoldRound } from './fold-round.ts';
import { OrderedPuts } from './ordered-puts.ts';
import type { RecoveredRecords } from './recovered-records.ts';
import type { WrittenDelta } from './shard-snapshot.ts';

/** So many times its threshold the changelog may grow while the same entities are written again and again … */
const PATIENCE = 4;
/** … but no longer than until each of them has been written so often: one put then stands for that many. */
const WRITES_PER_PUT = 40;
/** How long a step takes, about. No turn of a shard should take a millisecond. */
const STEP_US_MIN = 200;
const STEP_US_MAX = 800;
/** A round is in all haste when so many times its threshold has come in behind it. */
const HASTE = 2;

export class Fold {
  readonly #place: FoldPlace;
  readonly #hooks: FoldHooks;
  readonly #deltas = new CommittedDeltas();
  /** Older than all of them, until a round has put it into the store. */
  #recovered: RecoveredRecords | undefined;
  #round: Generator<number, void> | undefined;
  #roundCount = 0;
  #isWriting = false;
  #failure: Error | undefined;
  #isForced = false;
  /** Somebody waits until the store holds this epoch of the run. */
  #wantedEpoch = 0;
  /** Whether somebody waits for the round that goes on. */
  #isHurried = false;
  readonly #rests: FoldRests;
  readonly #puts = new OrderedPuts();

  constructor(place: FoldPlace, hooks: FoldHooks) {
    this.#place = place;
    this.#hooks = hooks;
    this.#rests = new FoldRests(place.pace);
  }

  /** Whether a batch is being written elsewhere. */
  get isWriting(): boolean {
    return this.#isWriting;
  }

  /** Whether a round goes on. */
  get isUnderWay(): boolean {
    return this.#round !== undefined;
  }

  get hasWork(): boolean {
    if (this.#deltas.isOpen) return true;
    if (this.#isWriting || this.restMs < Number.POSITIVE_INFINITY) return false;
    return this.#failure !== undefined || this.#round !== undefined || this.#isDue();
  }

  /** How long a round that takes its time rests before its next step; `Infinity` if it does not. */
  get restMs(): number {
    if (this.#round === undefined || this.#isWriting || this.#isHurried) return Number.POSITIVE_INFINITY;
    return this.#rests.restMs;
  }

  /** The next round begins as soon as it can, however little there is to fold. */
  force(): void {
    this.#isForced = true;
    this.#isHurried = true;
  }

  /** Folds this epoch of the run as soon as it is committed. */
  foldThrough(runEpoch: number): void {
    this.#wantedEpoch = runEpoch;
    this.#isHurried = true;
  }

  get wantedEpoch(): number {
    return this.#wantedEpoch;
  }

  get #isWanted(): boolean {
    return this.#wantedEpoch > this.#place.dirty.appliedEpoch && this.#deltas.committedEpoch >= this.#wantedEpoch;
  }

  /** What a recovery has found, all of it committed. */
  get recovered(): RecoveredRecords | undefined {
    return this.#recovered;
  }

  addRecovered(records: RecoveredRecords): void {
    if (records.isEmpty) return;
    this.#recovered = records;
    // What a start has left on the disk is read behind it, before anything is folded.
    if (!records.isLoaded) this.#round = records.load();
    this.#deltas.byteLength += records.byteLength;
    this.#deltas.recordCount += records.recordCount;
  }

  add(delta: WrittenDelta): void {
    this.#deltas.add(delta);
  }

  /** All deltas up to this epoch of the run are committed. */
  committed(runEpoch: number): void {
    this.#deltas.committedEpoch = runEpoch;
    this.#deltas.note(this.#stepUs());
  }

  /** Brings the store to the end of this epoch of the run and leaves it there: nothing later is folded. */
  holdAt(runEpoch: number): void {
    this.#deltas.lastEpoch = runEpoch;
    this.force();
  }

  /** Whether the store stands where it is held. */
  get isHeld(): boolean {
    return this.#round === undefined && this.#place.dirty.appliedEpoch >= this.#deltas.lastEpoch;
  }

  /** Folding goes on. */
  release(): void {
    this.#deltas.lastEpoch = Number.POSITIVE_INFINITY;
    this.#deltas.note(this.#stepUs());
  }

  /** One slice. Returns how much there was to do. */
  work(): number {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#deltas.isOpen) this.#deltas.note(this.#stepUs());
    if (this.#deltas.isOpen) return 1;
    if (this.#isWriting || this.restMs < Number.POSITIVE_INFINITY) return 0;
    if (this.#round === undefined && this.#isDue()) this.#round = this.#newRound();
    const round = this.#round;
    return round === undefined ? 0 : this.#rests.around(() => this.#step(round), this.#haste);
  }

  #step(round: Generator<number, void>): number {
    const { done, value } = round.next();
    if (done === true) this.#round = undefined;
    return value ?? 0;
  }

  /** A put costs the processor many times what a record does, so entities that are written often are let to be. */
  #isDue(): boolean {
    if ((this.#isForced || this.#isWanted) && (this.#deltas.count > 0 || this.#recovered !== undefined)) return true;
    const { foldBytes, dirty } = this.#place;
    if (this.#deltas.byteLength < foldBytes) return false;
    if (this.#deltas.byteLength >= foldBytes * PATIENCE) return true;
    return (
      this.#deltas.recordCount >= dirty.pinnedCount * WRITES_PER_PUT || this.#deltas.recordCount < dirty.pinnedCount * 2
    );
  }

  #newRound(): Generator<number, void> {
    this.#isHurried = this.#isForced || this.#wantedEpoch > this.#place.dirty.appliedEpoch;
    this.#isForced = false;
    this.#roundCount++;
    return this.#steps(this.#deltas.take());
  }

  *#steps(deltas: readonly WrittenDelta[]): Generator<number, void> {
    const { dirty, pairs, baseEpoch } = this.#place;
    const recovered = this.#recovered;
    const place = {
      ...this.#place,
      puts: this.#puts,
      recovered,
      sifted: (olderCount: number) => void (dirty.pinnedCount -= olderCount),
      stepUs: () => this.#stepUs(),
      isLate: () => this.#rests.stepUs >= this.#stepUs(),
      wait: (written: Promise<void>) => this.#wait(written),
    };
    const round = new FoldRound(place, deltas, this.#deltas.newest, this.#roundCount);
    const last = deltas.at(-1)?.epoch ?? recovered?.lastEpoch ?? 0;
    const applied = baseEpoch + last;
    yield* round.store(applied);
    dirty.appliedEpoch = last;
    // From here on the store knows better.
    this.#recovered = undefined;
    // One a step: to remove a file of many megabytes takes some milliseconds.
    while (this.#removeSegment(applied)) yield 1;
    yield* round.items((item) => {
      if (typeof item === 'number' ? pairs.pins(item) : item !== undefined && dirty.pins(item)) return;
      dirty.pinnedCount--;
      if (item !== undefined) this.#hooks.released(item);
    });
  }

  /**
   * While a step is under way, messages and markers wait. So a round takes its time, until so much has come behind it
   * that it must get ahead of the messages.
   */
  #stepUs(): number {
    return this.#place.foldStepUs ?? STEP_US_MIN + this.#haste * (STEP_US_MAX - STEP_US_MIN);
  }

  /** 0 for a round with nothing behind it, 1 for one that must go on whatever else there is to do. */
  get #haste(): number {
    // What a start has found counts as due, and not as what has come in behind the reading of it.
    const behindBytes = this.#deltas.byteLength - (this.#isLoading ? (this.#recovered?.byteLength ?? 0) : 0);
    return Math.min(1, behindBytes / (this.#place.foldBytes * HASTE)) ** 2;
  }

  get #isLoading(): boolean {
    return this.#recovered?.isLoaded === false;
  }

  /** Removes the oldest segment, if all of it is applied and nobody needs it any more. */
  #removeSegment(applied: number): boolean {
    const { changelog, baseEpoch } = this.#place;
    // The changelog of the last committed epoch holds its messages in flight, so it stays.
    // The same holds for the one that the store is held at, since a savepoint copies them from there.
    const lastNeeded = Math.min(this.#deltas.committedEpoch, this.#deltas.lastEpoch);
    return changelog.removeThrough(Math.min(applied, baseEpoch + lastNeeded - 1), 1) > 0;
  }

  /** No further step happens before this is done. */
  #wait(written: Promise<void>): void {
    this.#isWriting = true;
    written.then(
      () => this.#settled(undefined),
      (cause: unknown) => this.#settled(cause instanceof Error ? cause : new Error(String(cause))),
    );
  }

  #settled(failure: Error | undefined): void {
    this.#isWriting = false;
    this.#failure ??= failure;
    this.#hooks.progressed();
  }
}
