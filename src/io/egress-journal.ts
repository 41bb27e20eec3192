/**
 * The durable half of an egress: the log of its records, epoch by epoch, from when an epoch ends until its consumer is
 * done with its records. Every record has a sequence number, and with it an id that stays the same whatever is replayed:
 * nobody sees a number before its epoch is committed, and what is committed is in the log.
 *
 * It is a changelog like a shard's, one delta per epoch that has records; a segment goes when all of its records are
 * acknowledged. The coordinator owns it, syncs it with the shards' files, and keeps in the manifest where it ends.
 */
import { assert } from '../base/assert.ts';
import type { FileSystem } from '../base/file-system.ts';
import type { DeltaLocation } from '../store/changelog-frame.ts';
import { recoverChangelog, visitDeltas } from '../store/changelog-recovery.ts';
import { ChangelogWriter } from '../store/changelog-writer.ts';
import { PADDING_BYTES } from '../store/padded-file.ts';
import { callStorage } from '../store/storage-failure.ts';
import { EnvelopeBlock } from '../wire/envelope-block.ts';
import type { ShapeRegistry } from '../wire/shape-registry.ts';
import {
  type Epoch,
  FRAME_FIRST,
  FRAME_NAMES,
  FRAME_RECORDS,
  type PendingRecord,
  PendingRecords,
} from './pending-records.ts';

/** One spare is taken while the name of another becomes durable. */
const SEGMENTS = { spareCountMax: 2, paddingBytes: PADDING_BYTES } as const;
/** A segment that is longer gets no more records. */
export const JOURNAL_SEGMENT_BYTES: number = 16 << 20;
/** What is collected before it is written. */
const FRAME_BYTES = 1 << 17;

/** What a checkpoint remembers of an egress: plain data. */
export interface EgressPosition {
  /** Records that the consumer is done with. */
  readonly acknowledged: number;
  /** Records ever committed. */
  readonly committed: number;
  /** What a transactional sink had written, as it says it. */
  readonly sink: unknown;
  /** All records of epochs up to this one are acknowledged. */
  readonly acknowledgedEpoch: number;
  readonly last: { readonly epoch: number; readonly location: DeltaLocation } | undefined;
}

export const NEW_EGRESS: EgressPosition = {
  acknowledged: 0,
  committed: 0,
  sink: undefined,
  acknowledgedEpoch: 0,
  last: undefined,
};

/** One epoch's records as they were written. */
interface WrittenEpoch {
  readonly epoch: number;
  readonly count: number;
  readonly location: DeltaLocation;
}

/** What must be synced before a checkpoint is committed. */
export interface WrittenDelta {
  readonly directory: string;
  readonly location: DeltaLocation;
  /** Whether the file is new, so that its directory must be synced, too. */
  readonly isNewSegment: boolean;
}

export class EgressJournal {
  /** Records ever committed. */
  committedCount: number;
  readonly #directory: string;
  readonly #changelog: ChangelogWriter;
  readonly #shapes: ShapeRegistry;
  readonly #block = new EnvelopeBlock();
  /** Epochs with records that are not all acknowledged, oldest first. */
  #epochs: Epoch[];
  #acknowledgedEpoch: number;
  #last: EgressPosition['last'];
  /** Ended, and not yet committed. */
  #closing: WrittenEpoch | undefined;
  #lastBegunEpoch: number;
  #isBegun = false;

  private constructor(
    directory: string,
    changelog: ChangelogWriter,
    shapes: ShapeRegistry,
    position: EgressPosition,
    epochs: Epoch[],
  ) {
    this.#directory = directory;
    this.#changelog = changelog;
    this.#shapes = shapes;
    this.#epochs = epochs;
    this.committedCount = position.committed;
    this.#acknowledgedEpoch = position.acknowledgedEpoch;
    this.#last = position.last;
    this.#lastBegunEpoch = position.last?.epoch ?? position.acknowledgedEpoch;
  }

  /** Opens the log as a checkpoint remembers it; `visit` gets what is committed and not acknowledged, in order. */
  static open(
    fileSystem: FileSystem,
    directory: string,
    shapes: ShapeRegistry,
    position: EgressPosition,
    visit: (record: PendingRecord) => void,
    segmentBytesMax: number = JOURNAL_SEGMENT_BYTES,
  ): EgressJournal {
    callStorage(directory, () => fileSystem.makeDirectory(directory));
    const found = new PendingRecords(position.acknowledged, visit);
    const changelog = recoverChangelog(fileSystem, directory, position.acknowledgedEpoch, position.last, found);
    found.end();
    const writer = new ChangelogWriter(fileSystem, directory, {
      ...SEGMENTS,
      segmentBytesMax,
      // An earlier failure may have left the last one in a state that nobody knows (I9).
      reuseLastSegment: false,
      ...changelog,
    });
    return new EgressJournal(directory, writer, shapes, position, found.epochs);
  }

  /** Shows what is committed and not acknowledged at a position, and changes nothing: the journal may be in use. */
  static read(
    fileSystem: FileSystem,
    directory: string,
    position: EgressPosition,
    visit: (record: PendingRecord) => void,
  ): void {
    const { last, acknowledged, acknowledgedEpoch } = position;
    if (last === undefined || last.epoch <= acknowledgedEpoch) return;
    const found = new PendingRecords(acknowledged, visit);
    visitDeltas(fileSystem, directory, acknowledgedEpoch, last, found);
    found.end();
  }

  /** Keeps a record of the epoch that goes on. */
  add(epoch: number, words: Int32Array, startWord: number, byteLength: number): void {
    this.#block.add(words, startWord, byteLength);
    if (this.#block.byteLength < FRAME_BYTES) return;
    this.#begin(epoch);
    this.#changelog.append(FRAME_RECORDS, this.#block.take());
  }

  #begin(epoch: number): void {
    if (this.#isBegun) return;
    this.#isBegun = true;
    this.#changelog.begin(epoch, this.#lastBegunEpoch);
    this.#lastBegunEpoch = epoch;
    const first = this.committedCount + (this.#closing?.count ?? 0);
    this.#changelog.append(FRAME_FIRST, Buffer.from(String(first)));
  }

  /** The epoch has ended. Returns what must be synced before it can be committed; nothing if it had no records. */
  endEpoch(epoch: number): WrittenDelta | undefined {
    const { count } = this.#block;
    if (count === 0) return undefined;
    assert(this.#closing === undefined, 'one epoch is committed after the other (I8)');
    this.#begin(epoch);
    if (this.#block.byteLength > 0) this.#changelog.append(FRAME_RECORDS, this.#block.take());
    const names = this.#block.names({ typeName: () => '' }, this.#shapes);
    this.#changelog.append(FRAME_NAMES, Buffer.from(JSON.stringify(names)));
    const location = this.#changelog.end();
    this.#block.begin();
    this.#isBegun = false;
    this.#closing = { epoch, count, location };
    return { directory: this.#directory, location, isNewSegment: this.#changelog.isNewSegment };
  }

  /** What the checkpoint of the epoch that has ended last remembers. */
  position(acknowledged: number, sink: unknown): EgressPosition {
    const closing = this.#closing;
    const last = closing === undefined ? this.#last : { epoch: closing.epoch, location: closing.location };
    const committed = this.committedCount + (closing?.count ?? 0);
    const done = this.#epochs.findLast(({ end }) => end <= acknowledged)?.epoch ?? this.#acknowledgedEpoch;
    return { acknowledged, committed, sink, acknowledgedEpoch: done, last };
  }

  /** The checkpoint is committed. Returns how many records it brought. */
  committed({ acknowledgedEpoch }: EgressPosition): number {
    const closing = this.#closing;
    this.#closing = undefined;
    if (closing !== undefined) {
      this.committedCount += closing.count;
      this.#last = { epoch: closing.epoch, location: closing.location };
      this.#epochs.push({ epoch: closing.epoch, end: this.committedCount });
    }
    this.#acknowledgedEpoch = acknowledgedEpoch;
    if (closing !== undefined) this.#changelog.committed(closing.epoch);
    while (this.#epochs.length > 0 && this.#epochs[0].epoch <= acknowledgedEpoch) this.#epochs.shift();
    this.#removeDone();
    return closing?.count ?? 0;
  }

  /**
   * The commit stands, whether or not old segments can be removed: a failure here must not keep its records from
   * leaving. What is left is tried again with the next commit, and never read.
   */
  #removeDone(): void {
    try {
      this.#changelog.removeThrough(this.#acknowledgedEpoch);
    } catch {
      // Tried again.
    }
  }

  close(): void {
    this.#changelog.close();
  }
}
