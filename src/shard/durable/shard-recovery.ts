/**
 * What a shard takes up again: the records that are committed and not yet folded, which lie over the store, and the
 * messages that were in flight at the last commit. It reads what lies after `applied` and nothing else, of most records
 * only where they are, and it makes entities of nothing: they are fetched when they are needed. So it takes no longer
 * when there is more state, and little longer when more of it is not folded.
 */
import type { FileSystem } from '../../base/file-system.ts';
import { NOTHING, NOTHING_BELOW, type RecordSpan, readRowValue } from '../../state/record-reader.ts';
import type { Stored } from '../../state/row.ts';
import type { RecordNames } from '../../state/record-writer.ts';
import type { DeltaLocation } from '../../store/changelog-frame.ts';
import type { SegmentInfo } from '../../store/changelog-segment.ts';
import type { ListedFrame } from '../../store/changelog-contents.ts';
import type { SegmentReader } from '../../store/changelog-reader.ts';
import { type ListVisitor, recoverChangelog } from '../../store/changelog-recovery.ts';
import type { OpenSegments } from '../../store/changelog-segments.ts';
import { ReadBuffer } from '../../store/read-buffer.ts';
import { isUsedOnce } from '../../timers/timer-layout.ts';
import type { PayloadCodec } from '../../wire/payload-codec.ts';
import type { Directory } from '../function-binding.ts';
import type { Rows } from '../rows/rows.ts';
import { RecordFrame } from './record-frame.ts';
import { decodeRecordIndex } from './record-index.ts';
import { RecoveredMessages } from './recovered-messages.ts';
import { RecoveredRecords } from './recovered-records.ts';
import { FRAME_INDEX, FRAME_STATE } from './delta-encoder.ts';

export interface Recovered {
  /** What is committed and not folded. */
  readonly records: RecoveredRecords;
  /** To be delivered again, before anything else. */
  readonly messages: RecoveredMessages;
  readonly changelog: { readonly nextSegment: number; readonly segments: readonly SegmentInfo[] };
}

/** Records may stay on the disk until somebody wants them. */
export interface RecordReading {
  /** What is no longer than this together is read at once all the same. */
  readonly scanBytesMax: number;
  /** Where the others are read. */
  readonly segments: OpenSegments;
}

export interface RecoveryPlace {
  readonly fileSystem: FileSystem;
  readonly directory: string;
  readonly appliedEpoch: number;
  readonly begunEpoch?: number;
  readonly committed: { readonly epoch: number; readonly location: DeltaLocation } | undefined;
  /** Records in one index; fewer than that only to try out many. */
  readonly pageCountMax?: number;
  /** Absent: everything is read at once. */
  readonly reading?: RecordReading;
  readonly codec: PayloadCodec;
  readonly functions: Directory;
  /** Those that are not in the store are put there. */
  readonly rows: Rows;
  names(functionIndex: number): RecordNames;
}

export function recoverShard(place: RecoveryPlace): Recovered {
  const { fileSystem, directory, appliedEpoch, committed } = place;
  const overlay = new Overlay(place);
  const changelog = recoverChangelog(fileSystem, directory, appliedEpoch, committed, overlay);
  overlay.records.seal();
  return { records: overlay.records, messages: new RecoveredMessages(place, committed?.location), changelog };
}

/** Takes deltas in, oldest first. */
class Overlay {
  readonly records: RecoveredRecords;
  readonly lists?: ListVisitor;
  readonly #place: RecoveryPlace;
  /** One index after the other; the pages take out of it what they need. */
  readonly #indexBuffer = new ReadBuffer();
  readonly #blockBuffer = new ReadBuffer();
  #runEpoch = 0;

  constructor(place: RecoveryPlace) {
    this.#place = place;
    this.records = new RecoveredRecords(place.pageCountMax, place.reading?.segments);
    const { reading } = place;
    if (reading === undefined) return;
    this.lists = { scanBytesMax: reading.scanBytesMax, list: (...listed) => this.#list(reading.segments, ...listed) };
  }

  delta(epoch: number): void {
    this.#runEpoch = epoch - this.#place.appliedEpoch;
    this.records.lastEpoch = this.#runEpoch;
  }

  frame(kind: number, frame: Uint8Array): void {
    if (kind !== FRAME_STATE) return;
    const bytes = Buffer.from(frame.buffer, frame.byteOffset, frame.length);
    this.records.addFrame(bytes, this.#runEpoch, this.#takeRow);
  }

  /** Of a frame that has an index only that is read. */
  #list(segments: OpenSegments, frames: readonly ListedFrame[], from: SegmentReader): void {
    const { segment } = from.header;
    const { reader } = segments;
    frames.forEach((frame, number) => {
      const next = frames[number + 1];
      if (frame.kind === FRAME_STATE && next?.kind === FRAME_INDEX) {
        const index = decodeRecordIndex(from.listedFrame(next, this.#indexBuffer));
        const place = { ...frame, segment, checksums: index.checksums, buffer: this.#blockBuffer, reader };
        this.records.addIndexed(RecordFrame.at(place, this.#runEpoch), index);
      } else if (frame.kind === FRAME_STATE) {
        this.frame(frame.kind, from.listedFrame(frame));
      }
    });
  }

  /**
   * Whoever keeps rows has to find them in order, so they are taken up at once. Only delayed messages are many, and most of
   * those have come and gone: nothing of them is kept that the store has never seen.
   */
  readonly #takeRow = (frame: Buffer, { keyStart, keyEnd, valueStart, end }: RecordSpan): Stored => {
    const { rows, codec, appliedEpoch, begunEpoch = Number.POSITIVE_INFINITY } = this.#place;
    const key = frame.toString('latin1', keyStart, keyEnd);
    if (valueStart === NOTHING_BELOW) return rows.recoverErasure(key, -this.#runEpoch);
    if (valueStart === NOTHING && isUsedOnce(key)) {
      const gone = rows.recoverGone(key, begunEpoch - appliedEpoch);
      if (gone !== undefined) return gone;
    }
    const value = valueStart === NOTHING ? undefined : readRowValue(codec, frame.subarray(valueStart, end));
    return rows.recover(key, value, -this.#runEpoch);
  };
}
