/**
 * One shard's part of a checkpoint, from the cut to the report: all entities and rows that the ended epoch wrote,
 * and the messages in flight. It writes them to the shard's changelog as it goes and syncs nothing; the coordinator
 * does, before it commits.
 *
 * Values are encoded in slices between batches of messages, so that no cut stalls the shard. An entity that is about to
 * change before its turn has come is encoded first (`DirtyEntities`): so every value is written as it was at the cut.
 */
import { assert } from '../../base/assert.ts';
import type { Epoch } from '../../base/brand.ts';
import { Entity } from '../../state/entity.ts';
import type { RecordNames, RecordWriter } from '../../state/record-writer.ts';
import type { Pair } from '../../state/pair-layout.ts';
import { type Erasure, Row } from '../../state/row.ts';
import type { ChangelogWriter } from '../../store/changelog-writer.ts';
import type { PairedRows } from '../rows/paired-rows.ts';
import { ChunkList } from './chunk-list.ts';
import { DeltaRecords } from './delta-records.ts';
import type { DirtyEntities, Item } from './dirty-entities.ts';
import { RecordIndexDraft } from './record-index.ts';
import type { SnapshotReport, WrittenDelta } from './written-delta.ts';
import type { EnvelopeBlock, BlockNames } from '../../wire/envelope-block.ts';

export type { SnapshotReport, WrittenDelta } from './written-delta.ts';

/** Frames of a delta. */
export const FRAME_STATE = 1;
export const FRAME_MESSAGES = 2;
export const FRAME_NAMES = 3;
/** Of the frame of state before it; see `record-index-layout.ts`. */
export const FRAME_INDEX = 4;

/** What one turn encodes at most. */
const SLICE_COUNT = 256;
const SLICE_BYTES = 1 << 16;
/** Entities that are fetched into the processor's cache together. */
const FETCH_COUNT = 16;
/** What is collected before it is written. */
const FRAME_BYTES = 1 << 17;

export interface SnapshotHooks {
  names(functionIndex: number): RecordNames;
  /** What waited at the cut, which is put down in slices. */
  readonly unfinished: { readonly isOpen: boolean; work(): number };
  inFlightNames(): BlockNames;
  written(delta: WrittenDelta, report: SnapshotReport): void;
}

export class ShardSnapshot {
  /** How long the records of this shard's entities are, about. */
  recordBytes = 64;
  /** Keeps the reads that fetch from being compiled away. */
  fetched = 0;
  readonly #changelog: ChangelogWriter;
  readonly #records: RecordWriter;
  readonly #dirty: DirtyEntities;
  readonly #pairs: PairedRows;
  readonly #inFlight: EnvelopeBlock;
  readonly #hooks: SnapshotHooks;
  #epoch: Epoch = 0 as Epoch;
  #runEpoch = 0;
  #isUnderWay = false;
  #cut: ChunkList<Item>;
  #next = 0;
  readonly #written: DeltaRecords;
  /** How many of their records have been written. */
  #writtenCount = 0;
  #areChannelsClosed = false;
  readonly #index = new RecordIndexDraft();
  readonly #indexBytesMin: number;
  /** Whether a frame of the delta has an index. */
  #isIndexed = false;

  /** A frame of at least `indexBytesMin` gets an index. */
  constructor(
    changelog: ChangelogWriter,
    records: RecordWriter,
    dirty: DirtyEntities,
    pairs: PairedRows,
    inFlight: EnvelopeBlock,
    hooks: SnapshotHooks,
    indexBytesMin: number,
  ) {
    this.#indexBytesMin = indexBytesMin;
    this.#changelog = changelog;
    this.#records = records;
    this.#dirty = dirty;
    this.#cut = new ChunkList(dirty.chunks);
    this.#written = new DeltaRecords(dirty.chunks);
    this.#pairs = pairs;
    this.#inFlight = inFlight;
    this.#hooks = hooks;
  }

  get isUnderWay(): boolean {
    return this.#isUnderWay;
  }

  /** Whether a turn would get on with it. */
  get hasWork(): boolean {
    const isEncoding = this.#next < this.#cut.length || this.#hooks.unfinished.isOpen;
    return this.#isUnderWay && (isEncoding || this.#areChannelsClosed);
  }

  /** Cuts: from here on all that changes belongs to the next epoch. */
  begin(epoch: Epoch): void {
    assert(!this.#isUnderWay, 'one checkpoint at a time');
    this.#epoch = epoch;
    this.#runEpoch = this.#dirty.epoch;
    this.#isUnderWay = true;
    this.#areChannelsClosed = false;
    this.#next = 0;
    this.#writtenCount = 0;
    this.#records.length = 0;
    this.#index.clear();
    this.#isIndexed = false;
    this.#inFlight.begin();
    this.#cut = this.#dirty.cut(this.#encode);
    this.#changelog.begin(epoch, epoch - 1);
  }

  /** All markers have come: nothing more is in flight. */
  closeChannels(): void {
    this.#areChannelsClosed = true;
  }

  /** One slice. Returns how much there was to do. */
  work(): number {
    if (!this.#isUnderWay) return 0;
    const encodedCount = this.#encodeSlice() + this.#hooks.unfinished.work();
    this.writeMany();
    if (encodedCount === 0 && this.#areChannelsClosed) this.#finish();
    return encodedCount;
  }

  #encodeSlice(): number {
    const cut = this.#cut;
    const start = this.#next;
    const bytesMax = this.#records.length + SLICE_BYTES;
    const end = Math.min(cut.length, start + SLICE_COUNT);
    let index = start;
    while (index < end && this.#records.length < bytesMax) {
      if ((index - start) % FETCH_COUNT === 0) this.#fetch(index, end);
      const item = cut.at(index++);
      if (typeof item === 'number') this.#encodeListed(item);
      else if (this.#dirty.isInCut(item)) this.#encode(item);
    }
    this.#next = index;
    cut.dropBefore(index);
    if (this.#records.length >= FRAME_BYTES) this.#writeRecords();
    return index - start;
  }

  /** Reads what the next entities need, so that their cache misses happen at the same time. */
  #fetch(from: number, end: number): void {
    let fetched = 0;
    const until = Math.min(end, from + FETCH_COUNT);
    for (let index = from; index < until; index++) {
      const item = this.#cut.at(index);
      fetched ^= typeof item === 'number' ? this.#pairs.all.epoch(item) : item.dirtyEpoch;
    }
    for (let index = from; index < until; index++) {
      const item = this.#cut.at(index);
      if (item instanceof Entity) fetched ^= item.id.charCodeAt(0);
    }
    this.fetched = fetched;
  }

  readonly #encode = (item: Item): void => {
    if (typeof item === 'number') {
      this.#encodePair(item);
      return;
    }
    if (item instanceof Entity) this.#encodeEntity(item);
    else this.#encodeRow(item as Row | Erasure);
    this.#dirty.markEncoded(item);
  };

  #encodeEntity(entity: Entity): void {
    this.#index.add(entity.hash, this.#records.length);
    this.#records.write(entity, this.#hooks.names(entity.functionIndex));
    this.#written.addEntity(entity);
  }

  #encodeRow(item: Row | Erasure): void {
    this.#index.hasRows = true;
    if (item instanceof Row) this.#records.writeRow(item.key, item.value);
    else this.#records.writeErasure(item.prefix);
    this.#written.addOther(item, 1);
  }

  /** The list of what the cut has to encode mentions it no more. */
  #encodeListed(pair: Pair): void {
    if (this.#pairs.isInCut(pair)) this.#encodePair(pair);
    this.#pairs.all.unmention(pair);
  }

  #encodePair(pair: Pair): void {
    const pairs = this.#pairs;
    const parted = pairs.all.parted(pair);
    if (parted === undefined) {
      this.#index.hasRows = true;
      pairs.write(pair, this.#records);
      this.#written.addOther(pair, 2);
    } else {
      for (const row of parted) if (this.#dirty.isInCut(row)) this.#encode(row);
    }
    pairs.markEncoded(pair);
  }

  #writeRecords(): void {
    const { bytes, length } = this.#records;
    if (length > 0) {
      const frame = bytes.subarray(0, length);
      this.#changelog.append(FRAME_STATE, frame);
      if (length >= this.#indexBytesMin && !this.#index.hasRows) {
        this.#changelog.append(FRAME_INDEX, this.#index.encode(frame));
        this.#isIndexed = true;
      }
      const recordCount = this.#written.count - this.#writtenCount;
      this.#writtenCount = this.#written.count;
      this.recordBytes += (length / recordCount - this.recordBytes) / 8;
    }
    this.#records.length = 0;
    this.#index.clear();
  }

  /** Writes the messages in flight that were added so far, if they are many. */
  writeMany(): void {
    if (this.#inFlight.byteLength >= FRAME_BYTES) this.#writeMessages();
  }

  #writeMessages(): void {
    this.#changelog.append(FRAME_MESSAGES, this.#inFlight.take());
  }

  #finish(): void {
    this.#writeRecords();
    if (this.#inFlight.byteLength > 0) this.#writeMessages();
    if (this.#inFlight.count > 0) {
      this.#changelog.append(FRAME_NAMES, Buffer.from(JSON.stringify(this.#hooks.inFlightNames())));
    }
    const location = this.#changelog.end(this.#isIndexed);
    this.#dirty.endCut();
    this.#isUnderWay = false;
    this.#cut.drop();
    this.#hooks.written(
      { epoch: this.#runEpoch, location, ...this.#written.take() },
      { epoch: this.#epoch, location, isNewSegment: this.#changelog.isNewSegment },
    );
  }
}
