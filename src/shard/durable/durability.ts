/**
 * The durable side of a shard: what takes part in checkpoints, folds committed deltas into the store, and fetches from
 * it what is not in memory. The shard tells it what comes in; it never looks into a ring and never invokes anything.
 * A shard without a data directory has none.
 */
import { assert } from '../../base/assert.ts';
import type { Epoch } from '../../base/brand.ts';
import { SnapshotMachine } from '../../snapshot/snapshot-machine.ts';
import { type RecordNames, RecordWriter } from '../../state/record-writer.ts';
import { Entity } from '../../state/entity.ts';
import type { EntityTable } from '../../state/entity-table.ts';
import type { DeltaLocation } from '../../store/changelog-frame.ts';
import { ChangelogWriter } from '../../store/changelog-writer.ts';
import { OpenSegments } from '../../store/changelog-segments.ts';
import { APPLIED_KEY, BEGUN_KEY } from '../../store/key-layout.ts';
import type { StateStore } from '../../store/state-store.ts';
import type { EnvelopeWriter } from '../../wire/envelope-writer.ts';
import { PayloadCodec } from '../../wire/payload-codec.ts';
import type { ShapeRegistry } from '../../wire/shape-registry.ts';
import { EntityFetch } from '../delivery/entity-fetch.ts';
import type { DurableOptions } from './durable-options.ts';
import { Fold } from './fold.ts';
import type { Directory } from '../function-binding.ts';
import type { Rows } from '../rows/rows.ts';
import { EnvelopeBlock } from '../../wire/envelope-block.ts';
import { MemoryBudget } from '../memory-budget.ts';
import { pageCountMax } from './record-page.ts';
import { type Recovered, recoverShard } from './shard-recovery.ts';
import { type EncodeInput, encodeInput, type Unfinished, UnfinishedWork } from './unfinished-work.ts';
import { type SavepointOrder, type SavepointPart, ShardSavepoint } from './shard-savepoint.ts';
import { ShardSnapshot, type SnapshotHooks, type SnapshotReport } from './shard-snapshot.ts';

export type { DurableOptions } from './durable-options.ts';

/** The last epoch that a store holds; 0 for a new one. */
export async function readAppliedEpoch(store: StateStore): Promise<number> {
  const [applied] = await store.getMany([APPLIED_KEY]);
  return applied === undefined ? 0 : Number(Buffer.from(applied).toString());
}

/** The same, and the last epoch of which it may hold anything. */
export async function readFoldedEpochs(
  store: StateStore,
): Promise<Pick<DurableOptions, 'appliedEpoch' | 'begunEpoch'>> {
  const [begun] = await store.getMany([BEGUN_KEY]);
  const appliedEpoch = await readAppliedEpoch(store);
  // Older software did not write it.
  const unknown = appliedEpoch === 0 ? 0 : Number.POSITIVE_INFINITY;
  return { appliedEpoch, begunEpoch: begun === undefined ? unknown : Number(Buffer.from(begun).toString()) };
}

/** What the durable side needs of its shard. */
export interface DurabilityPlace {
  readonly shard: number;
  readonly channelCount: number;
  readonly directory: Directory;
  readonly shapes: ShapeRegistry;
  readonly rows: Rows;
  readonly entities: EntityTable;
  readonly writer: EnvelopeWriter;
  report(report: SnapshotReport): void;
  savepointWritten(part: SavepointPart): void;
  fetched(entity: Entity): void;
  released(entity: Entity): void;
  progressed(): void;
}

export class Durability {
  readonly machine: SnapshotMachine;
  readonly fetch: EntityFetch;
  /** Messages that were in flight. The records are the fold's: it drops them when the store has them. */
  readonly recovered: Pick<Recovered, 'messages'>;
  /** Whether an entity that is not in memory may be in the store. */
  mayBeStored: boolean;

  readonly #place: DurabilityPlace;
  readonly #snapshot: ShardSnapshot;
  readonly #memory: MemoryBudget;
  readonly #fold: Fold;
  readonly #savepoint: ShardSavepoint;
  /** Where the deltas lie that this run has written and that are not committed, or were last; by epoch. */
  readonly #locations = new Map<number, DeltaLocation>();
  readonly #inFlight = new EnvelopeBlock();
  readonly #unfinishedWork: UnfinishedWork;
  readonly #baseEpoch: number;
  readonly #store: StateStore;
  readonly #ladenBytes: number;
  readonly #changelog: ChangelogWriter;
  /** Where recovered records are read. */
  readonly #segments: OpenSegments;

  constructor(options: DurableOptions, place: DurabilityPlace) {
    const { fileSystem, directory, store, appliedEpoch, committed } = options;
    const codec = new PayloadCodec(Number.MAX_SAFE_INTEGER);
    const namesOf = (functionIndex: number): RecordNames => place.directory.binding(functionIndex).names;
    this.#place = place;
    const writeMany = (): void => this.#snapshot.writeMany();
    this.#unfinishedWork = new UnfinishedWork(place.writer, this.#inFlight, writeMany, options.waitingSliceBytes);
    this.#baseEpoch = appliedEpoch;
    this.#store = store;
    this.#segments = new OpenSegments(fileSystem, directory);
    this.#ladenBytes = options.foldBytes / 2;
    const { rows } = place;
    rows.attach({ store, codec });
    const recovery = { ...options, codec, names: namesOf, functions: place.directory, rows };
    const reading = { scanBytesMax: options.scanBytesMax, segments: this.#segments };
    const recovered = recoverShard({ ...recovery, pageCountMax: pageCountMax(options.foldBytes), reading });
    this.recovered = { messages: recovered.messages };
    this.#changelog = new ChangelogWriter(fileSystem, directory, {
      ...options,
      segmentBytesMax: options.segmentBytes,
      // An earlier failure may have left the last one in a state that nobody knows (I9).
      reuseLastSegment: false,
      ...recovered.changelog,
    });
    const epoch = ((committed?.epoch ?? appliedEpoch) + 1) as Epoch;
    rows.dirty.epoch = epoch - appliedEpoch;
    const found = recovered.records;
    rows.dirty.pinnedCount = found.count + found.erasures.length;
    this.machine = new SnapshotMachine(place.channelCount, epoch);
    this.#fold = new Fold(
      { ...options, changelog: this.#changelog, dirty: rows.dirty, pairs: rows.pairs, baseEpoch: appliedEpoch },
      {
        released: (item) => {
          if (item instanceof Entity) place.released(item);
          else rows.released(item);
        },
        progressed: () => place.progressed(),
      },
    );
    this.#savepoint = new ShardSavepoint({
      ...options,
      fold: this.#fold,
      shard: place.shard,
      shardCount: place.channelCount - 1,
      written: (part) => place.savepointWritten(part),
      progressed: () => place.progressed(),
    });
    this.#fold.addRecovered(found);
    this.#fold.committed(epoch - 1 - appliedEpoch);
    this.fetch = new EntityFetch(store, () => this.#fold.recovered, codec, {
      names: namesOf,
      fetched: (entity) => place.fetched(entity),
      progressed: () => place.progressed(),
    });
    this.mayBeStored = appliedEpoch > 0 || found.count > 0;
    this.#memory = new MemoryBudget(place.entities, rows, options.memoryBytes, {
      recordBytes: () => this.#snapshot.recordBytes,
      foldWanted: () => this.#fold.force(),
      evicted: () => (this.mayBeStored = true),
    });
    const { dirty, pairs } = rows;
    const { indexBytesMin, aheadCountMin } = options;
    const records = new RecordWriter(codec, 1 << 18);
    const ground = { changelog: this.#changelog, records, dirty, pairs, indexBytesMin, names: namesOf };
    this.#snapshot = new ShardSnapshot(ground, this.#inFlight, this.#snapshotHooks(), aheadCountMin);
  }

  #snapshotHooks(): SnapshotHooks {
    const { directory, shapes } = this.#place;
    return {
      unfinished: this.#unfinishedWork,
      inFlightNames: () => this.#inFlight.names(directory, shapes),
      written: (delta, report) => {
        this.#fold.add(delta);
        this.#locations.set(report.epoch, report.location);
        this.#place.report(report);
      },
    };
  }

  /** The envelope of the message that an invocation was given, as a cut needs it. */
  readonly encodeInput: EncodeInput = (...input) => encodeInput(this.#place.writer, ...input);

  /** Cuts; what is unfinished at the cut is in flight. */
  cut(epoch: Epoch, unfinished: Unfinished): void {
    this.#snapshot.begin(epoch);
    this.#unfinishedWork.capture(unfinished);
  }

  /** An envelope that a snapshot has to hold, as it comes. */
  record(words: Int32Array, startWord: number, byteLength: number): void {
    this.#unfinishedWork.record(words, startWord, byteLength);
  }

  /** The same, as the place's writer has it. */
  recordWritten(): void {
    this.#unfinishedWork.recordWritten();
  }

  closeChannels(): void {
    this.#snapshot.closeChannels();
  }

  committed(epoch: number): void {
    this.#changelog.committed(epoch);
    this.#fold.committed(epoch - this.#baseEpoch);
    for (const known of this.#locations.keys()) if (known < epoch) this.#locations.delete(known);
  }

  /** Whether so much has been written since the last cut that the next one should not be waited for. */
  get isLaden(): boolean {
    const { dirty } = this.#place.rows;
    return dirty.count * this.#snapshot.recordBytes > this.#ladenBytes || dirty.epoch <= this.#fold.wantedEpoch;
  }

  /** Somebody goes on when the store holds all that was written so far: a checkpoint is due, and then a round. */
  storeSoon(): void {
    this.#fold.foldThrough(this.#place.rows.dirty.epoch);
  }

  /**
   * Whether messages have to wait: there is too much in memory, and a round of folding goes on, at the end of which some of
   * it can leave. It ends whatever the others do, so nobody waits in a circle (I7).
   */
  get isHolding(): boolean {
    return this.#memory.isFull && this.#fold.isUnderWay;
  }

  /** Copies what the last commit holds. */
  savepoint(order: SavepointOrder): void {
    const location = this.#locations.get(order.epoch);
    assert(location !== undefined, 'a savepoint is ordered right after its epoch is committed');
    this.#savepoint.begin(order, order.epoch - this.#baseEpoch, location);
  }

  /** One slice of everything. */
  work(): number {
    this.#place.rows.check();
    return this.#snapshot.work() + this.#fold.work() + this.#savepoint.work() + this.#memory.work();
  }

  /** A slice of what can be done ahead of the next cut, when nothing else is to be done. Returns how much that was. */
  workAhead(): number {
    return this.#snapshot.workAhead(this.machine.epoch);
  }

  get hasWork(): boolean {
    return this.#snapshot.hasWork || this.#fold.hasWork || this.fetch.hasWork || this.#savepoint.hasWork;
  }

  /** How long nothing is to be done although something is under way. */
  get restMs(): number {
    return this.#fold.restMs;
  }

  /** Whether something is under way on other threads whose end comes through the event loop. */
  get isWaiting(): boolean {
    return this.fetch.isWaiting || this.#fold.isWriting || this.#savepoint.isWaiting;
  }

  async close(): Promise<void> {
    this.#savepoint.close();
    this.#segments.close();
    this.#changelog.close();
    await this.#store.close();
  }
}
