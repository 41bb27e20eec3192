/**
 * One shard's part of a checkpoint, from the cut to the report: all entities and rows that the ended epoch wrote,
 * and the messages in flight. It writes them to the shard's changelog as it goes and syncs nothing; the coordinator
 * does, before it commits.
 *
 * Values are encoded in slices between batches of messages, so that no cut stalls the shard. An entity that is about to
 * change before its turn has come is encoded first (`DirtyEntities`): so every value is written as it was at the cut.
 *
 * A shard with nothing else to do encodes entities of the epoch that goes on *ahead*, so that little is left at the cut.
 * One that is written again is dirty again, and its last record counts; so nobody need know whether it was quiet for good.
 */
import { assert } from '../../base/assert.ts';
import type { Epoch } from '../../base/brand.ts';
import { Entity } from '../../state/entity.ts';
import type { BlockNames, EnvelopeBlock } from '../../wire/envelope-block.ts';
import { AheadPace } from './ahead-pace.ts';
import { ChunkList } from './chunk-list.ts';
import { DeltaEncoder, type DeltaGround, FRAME_BYTES, FRAME_MESSAGES, FRAME_NAMES } from './delta-encoder.ts';
import type { Item } from './dirty-entities.ts';
import type { SnapshotReport, WrittenDelta } from './written-delta.ts';

export type { SnapshotReport, WrittenDelta } from './written-delta.ts';

/** What one turn encodes, but for what its messages have written meanwhile. */
const SLICE_COUNT = 256;
const SLICE_BYTES = 1 << 16;
/**
 * For each item that messages have written since the last slice so many are encoded, or a cut would last longer than the
 * one before, and end with more to encode than that: long records of new rows would go on to fill all memory.
 */
const PACE = 2;
/** What one turn encodes at most. */
const SLICE_BYTES_MAX = 1 << 20;
/** Entities that are fetched into the processor's cache together. */
const FETCH_COUNT = 16;

export interface SnapshotHooks {
  /** What waited at the cut, which is put down in slices. */
  readonly unfinished: { readonly isOpen: boolean; work(): number };
  inFlightNames(): BlockNames;
  written(delta: WrittenDelta, report: SnapshotReport): void;
}

export class ShardSnapshot {
  /** Keeps the reads that fetch from being compiled away. */
  fetched = 0;
  readonly #ground: DeltaGround;
  readonly #delta: DeltaEncoder;
  readonly #inFlight: EnvelopeBlock;
  readonly #hooks: SnapshotHooks;
  readonly #ahead: AheadPace;
  #epoch: Epoch = 0 as Epoch;
  #runEpoch = 0;
  #isUnderWay = false;
  #cut: ChunkList<Item>;
  /** The next of the cut to be encoded, and before the cut of what the epoch has written so far. */
  #next = 0;
  /** What the epoch after the cut had written when the last slice was encoded. */
  #openCount = 0;
  /** What was passed over on the way ahead: all that is no entity. */
  #passed: ChunkList<Item>;
  #areChannelsClosed = false;

  /** `aheadCountMin`: see `AheadPace`. */
  constructor(ground: DeltaGround, inFlight: EnvelopeBlock, hooks: SnapshotHooks, aheadCountMin: number = SLICE_COUNT) {
    this.#ground = ground;
    this.#delta = new DeltaEncoder(ground);
    this.#cut = new ChunkList(ground.dirty.chunks);
    this.#passed = new ChunkList(ground.dirty.chunks);
    this.#inFlight = inFlight;
    this.#hooks = hooks;
    this.#ahead = new AheadPace(aheadCountMin);
  }

  /** How long the records of this shard's entities are, about. */
  get recordBytes(): number {
    return this.#delta.recordBytes;
  }

  get isUnderWay(): boolean {
    return this.#isUnderWay;
  }

  /** Whether a turn would get on with it. */
  get hasWork(): boolean {
    return this.#isUnderWay && (this.#isEncoding || this.#hooks.unfinished.isOpen || this.#areChannelsClosed);
  }

  get #isEncoding(): boolean {
    return this.#next < this.#cut.length || this.#passed.length > 0;
  }

  /** Cuts: from here on all that changes belongs to the next epoch. */
  begin(epoch: Epoch): void {
    assert(!this.#isUnderWay, 'one checkpoint at a time');
    this.#epoch = epoch;
    this.#runEpoch = this.#ground.dirty.epoch;
    this.#isUnderWay = true;
    this.#areChannelsClosed = false;
    this.#inFlight.begin();
    this.#cut = this.#ground.dirty.cut(this.#delta.encode);
    this.#openCount = 0;
    this.#delta.open(epoch);
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
    if (this.#next === this.#cut.length && this.#passed.length > 0) this.#turnToPassed();
    const cut = this.#cut;
    const start = this.#next;
    /** Bytes of this slice that are in frames already. */
    let bytes = -this.#delta.byteLength;
    const paceEnd = start + PACE * this.#newlyWritten();
    const end = Math.min(cut.length, Math.max(start + SLICE_COUNT, paceEnd));
    let index = start;
    while (index < end) {
      if (bytes + this.#delta.byteLength >= (index < paceEnd ? SLICE_BYTES_MAX : SLICE_BYTES)) break;
      if ((index - start) % FETCH_COUNT === 0) this.#fetch(cut, index, end);
      const item = cut.at(index++);
      if (typeof item === 'number') this.#delta.encodeListed(item);
      else if (this.#ground.dirty.isInCut(item)) this.#delta.encode(item);
      bytes += this.#delta.writeMany();
    }
    this.#next = index;
    cut.dropBefore(index);
    return index - start;
  }

  /** How much the epoch that goes on has written since the last slice. */
  #newlyWritten(): number {
    const { length } = this.#ground.dirty.open;
    const count = length - this.#openCount;
    this.#openCount = length;
    return count;
  }

  #turnToPassed(): void {
    this.#cut.drop();
    this.#cut = this.#passed;
    this.#passed = new ChunkList(this.#ground.dirty.chunks);
    this.#next = 0;
  }

  /**
   * One slice of what the epoch has written that goes on, when nothing else is to be done; `epoch` is its number.
   * Returns how much there was to do.
   */
  workAhead(epoch: Epoch): number {
    if (this.#isUnderWay) return 0;
    const { dirty } = this.#ground;
    const { open } = dirty;
    const start = this.#next;
    const count = open.length - start;
    if (!this.#ahead.allows(count, this.#delta)) return 0;
    this.#delta.open(epoch);
    const end = start + Math.min(count, SLICE_COUNT);
    for (let index = start; index < end; index++) {
      if ((index - start) % FETCH_COUNT === 0) this.#fetch(open, index, end);
      const item = open.at(index);
      if (!(item instanceof Entity)) this.#passed.push(item);
      else if (dirty.isOpen(item)) this.#encodeAhead(item);
    }
    this.#next = end;
    open.dropBefore(end);
    this.#delta.writeMany();
    return end - start;
  }

  /** Whoever writes it again lists it again. */
  #encodeAhead(entity: Entity): void {
    this.#delta.encodeEntity(entity);
    this.#ground.dirty.markEncodedAhead(entity);
  }

  /** Reads what the next entities need, so that their cache misses happen at the same time. */
  #fetch(list: ChunkList<Item>, from: number, end: number): void {
    const { all } = this.#ground.pairs;
    let fetched = 0;
    const until = Math.min(end, from + FETCH_COUNT);
    for (let index = from; index < until; index++) {
      const item = list.at(index);
      fetched ^= typeof item === 'number' ? all.epoch(item) : item.dirtyEpoch;
    }
    for (let index = from; index < until; index++) {
      const item = list.at(index);
      if (item instanceof Entity) fetched ^= item.id.charCodeAt(0);
    }
    this.fetched = fetched;
  }

  /** Writes the messages in flight that were added so far, if they are many. */
  writeMany(): void {
    if (this.#inFlight.byteLength >= FRAME_BYTES) this.#writeMessages();
  }

  #writeMessages(): void {
    this.#ground.changelog.append(FRAME_MESSAGES, this.#inFlight.take());
  }

  #finish(): void {
    const { changelog, dirty } = this.#ground;
    this.#delta.write();
    if (this.#inFlight.byteLength > 0) this.#writeMessages();
    if (this.#inFlight.count > 0) {
      changelog.append(FRAME_NAMES, Buffer.from(JSON.stringify(this.#hooks.inFlightNames())));
    }
    this.#ahead.endEpoch(this.#delta);
    const delta = { epoch: this.#runEpoch, ...this.#delta.end() };
    dirty.endCut();
    this.#isUnderWay = false;
    this.#cut.drop();
    this.#next = 0;
    const { location } = delta;
    this.#hooks.written(delta, { epoch: this.#epoch, location, isNewSegment: changelog.isNewSegment });
  }
}
