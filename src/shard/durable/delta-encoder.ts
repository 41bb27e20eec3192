/**
 * Puts what a delta says of entities and rows into the shard's changelog: encodes items, collects their records into
 * frames, each with its index where that is worth it, and notes for the fold what the records are of. The shard's
 * snapshot owns it and decides what is encoded when. It syncs nothing.
 *
 * A delta may be opened long before its epoch ends, and hold a record of an entity that was written again behind that:
 * the last one of an entity counts.
 */
import type { Epoch } from '../../base/brand.ts';
import { Entity } from '../../state/entity.ts';
import type { Pair } from '../../state/pair-layout.ts';
import type { RecordNames, RecordWriter } from '../../state/record-writer.ts';
import { type Erasure, Row } from '../../state/row.ts';
import type { DeltaLocation } from '../../store/changelog-frame.ts';
import type { ChangelogWriter } from '../../store/changelog-writer.ts';
import type { PairedRows } from '../rows/paired-rows.ts';
import { DeltaRecords } from './delta-records.ts';
import type { DirtyEntities, Item } from './dirty-entities.ts';
import { RecordIndexDraft } from './record-index.ts';
import type { WrittenDelta } from './written-delta.ts';

/** Frames of a delta. */
export const FRAME_STATE = 1;
export const FRAME_MESSAGES = 2;
export const FRAME_NAMES = 3;
/** Of the frame of state before it; see `record-index-layout.ts`. */
export const FRAME_INDEX = 4;

/** What is collected before it is written, in one turn: twice as much took up to a millisecond. */
export const FRAME_BYTES: number = 1 << 16;

export interface DeltaGround {
  readonly changelog: ChangelogWriter;
  readonly records: RecordWriter;
  readonly dirty: DirtyEntities;
  readonly pairs: PairedRows;
  /** A frame of at least so many bytes gets an index. */
  readonly indexBytesMin: number;
  names(functionIndex: number): RecordNames;
}

export class DeltaEncoder {
  /** How long the records of this shard's entities are, about. */
  recordBytes = 64;
  /** Of the delta: records of entities that it had a record of before. */
  repeatedCount = 0;
  readonly #ground: DeltaGround;
  readonly #records: RecordWriter;
  readonly #written: DeltaRecords;
  readonly #index = new RecordIndexDraft();
  /** How many of the delta's records have been written. */
  #writtenCount = 0;
  #isOpen = false;
  /** Whether a frame of the delta has an index. */
  #isIndexed = false;

  constructor(ground: DeltaGround) {
    this.#ground = ground;
    this.#records = ground.records;
    this.#written = new DeltaRecords(ground.dirty.chunks);
  }

  /** How many records the delta has. */
  get count(): number {
    return this.#written.count;
  }

  /** How many bytes of records are collected and not written. */
  get byteLength(): number {
    return this.#records.length;
  }

  /** Opens the delta of this epoch, unless that is done. */
  open(epoch: Epoch): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#ground.changelog.begin(epoch, epoch - 1);
  }

  encodeEntity(entity: Entity): void {
    this.#index.add(entity.hash, this.#records.length);
    this.#records.write(entity, this.#ground.names(entity.functionIndex));
    if (this.#written.addEntity(entity)) this.repeatedCount++;
  }

  /** As it was at the cut. */
  readonly encode = (item: Item): void => {
    if (typeof item === 'number') {
      this.#encodePair(item);
      return;
    }
    if (item instanceof Entity) this.encodeEntity(item);
    else this.#encodeRow(item as Row | Erasure);
    this.#ground.dirty.markEncoded(item);
  };

  #encodeRow(item: Row | Erasure): void {
    this.#index.hasRows = true;
    if (item instanceof Row) this.#records.writeRow(item.key, item.value);
    else this.#records.writeErasure(item.prefix);
    this.#written.addOther(item, 1);
  }

  /** The list of what the cut has to encode mentions it no more. */
  encodeListed(pair: Pair): void {
    const { pairs } = this.#ground;
    if (pairs.isInCut(pair)) this.#encodePair(pair);
    pairs.all.unmention(pair);
  }

  #encodePair(pair: Pair): void {
    const { pairs, dirty } = this.#ground;
    const parted = pairs.all.parted(pair);
    if (parted === undefined) {
      this.#index.hasRows = true;
      pairs.write(pair, this.#records);
      this.#written.addOther(pair, 2);
    } else {
      for (const row of parted) if (dirty.isInCut(row)) this.encode(row);
    }
    pairs.markEncoded(pair);
  }

  /** Writes what is collected, if it is much. Returns how many bytes of records that was. */
  writeMany(): number {
    const { length } = this.#records;
    if (length < FRAME_BYTES) return 0;
    this.write();
    return length;
  }

  /** Writes what is collected. */
  write(): void {
    const { changelog, indexBytesMin } = this.#ground;
    const { bytes, length } = this.#records;
    if (length > 0) {
      const frame = bytes.subarray(0, length);
      changelog.append(FRAME_STATE, frame);
      if (length >= indexBytesMin && !this.#index.hasRows) {
        changelog.append(FRAME_INDEX, this.#index.encode(frame));
        this.#isIndexed = true;
      }
      const recordCount = this.#written.count - this.#writtenCount;
      this.#writtenCount = this.#written.count;
      this.recordBytes += (length / recordCount - this.recordBytes) / 8;
    }
    this.#records.length = 0;
    this.#index.clear();
  }

  /** Ends the delta; all of it is written. */
  end(): Omit<WrittenDelta, 'epoch'> {
    const location: DeltaLocation = this.#ground.changelog.end(this.#isIndexed);
    this.#isOpen = this.#isIndexed = false;
    this.#writtenCount = this.repeatedCount = 0;
    return { location, ...this.#written.take() };
  }
}
