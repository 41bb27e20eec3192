/**
 * What a shard takes up again: the records that are committed and not yet folded, which lie over the store, and the
 * messages that were in flight at the last commit. It reads what lies after `applied` and nothing else, so it takes no
 * longer when there is more state, and it makes entities of nothing: they are fetched when they are needed.
 */
import type { FileSystem } from '../../base/file-system.ts';
import { NOTHING, NOTHING_BELOW, type RecordSpan, readRowValue } from '../../state/record-reader.ts';
import type { Stored } from '../../state/row.ts';
import type { RecordNames } from '../../state/record-writer.ts';
import type { DeltaLocation } from '../../store/changelog-frame.ts';
import type { SegmentInfo } from '../../store/changelog-segment.ts';
import { readDelta } from '../../store/changelog-reader.ts';
import { recoverChangelog } from '../../store/changelog-recovery.ts';
import type { Address } from '../../sdk/address.ts';
import { TYPE_ASKER, TYPE_NONE, TYPE_UNKNOWN } from '../../wire/envelope-layout.ts';
import { EnvelopeReader } from '../../wire/envelope-reader.ts';
import { type MessageMeta, withoutTarget } from '../../wire/message-meta.ts';
import { PayloadCodec } from '../../wire/payload-codec.ts';
import type { Directory } from '../function-binding.ts';
import type { Rows } from '../rows/rows.ts';
import { type BlockNames, readBlock, shapesOf } from '../../wire/envelope-block.ts';
import { RecoveredRecords } from './recovered-records.ts';
import { FRAME_MESSAGES, FRAME_NAMES, FRAME_STATE } from './shard-snapshot.ts';

/** A message to be delivered again, before anything else. */
export interface RecoveredMessage {
  readonly type: number;
  readonly id: string;
  readonly message: unknown;
  readonly sourceType: number;
  readonly sourceId: string;
  readonly meta: MessageMeta | undefined;
}

export interface Recovered {
  /** What is committed and not folded. */
  readonly records: RecoveredRecords;
  readonly messages: readonly RecoveredMessage[];
  readonly changelog: { readonly nextSegment: number; readonly segments: readonly SegmentInfo[] };
}

export interface RecoveryPlace {
  readonly fileSystem: FileSystem;
  readonly directory: string;
  readonly appliedEpoch: number;
  readonly committed: { readonly epoch: number; readonly location: DeltaLocation } | undefined;
  /** Records in one index; fewer than that only to try out many. */
  readonly pageCountMax?: number;
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
  // All is folded, but for the messages in flight.
  if (committed !== undefined && committed.epoch <= appliedEpoch) {
    for (const { kind, bytes } of readDelta(fileSystem, directory, committed.location)) {
      if (kind !== FRAME_STATE) overlay.frame(kind, bytes);
    }
  }
  overlay.records.seal();
  return { records: overlay.records, messages: overlay.messages(), changelog };
}

/** Takes deltas in, oldest first. */
class Overlay {
  readonly records: RecoveredRecords;
  readonly #place: RecoveryPlace;
  #runEpoch = 0;
  #blocks: Uint8Array[] = [];
  #names: BlockNames = { functions: {}, shapes: {} };

  constructor(place: RecoveryPlace) {
    this.#place = place;
    this.records = new RecoveredRecords(place.pageCountMax);
  }

  delta(epoch: number): void {
    this.#runEpoch = epoch - this.#place.appliedEpoch;
    this.records.lastEpoch = this.#runEpoch;
    this.#blocks = [];
  }

  frame(kind: number, frame: Uint8Array): void {
    const bytes = Buffer.from(frame.buffer, frame.byteOffset, frame.length);
    // Only the last delta's messages are still in flight.
    if (kind === FRAME_MESSAGES) this.#blocks.push(Uint8Array.from(frame));
    else if (kind === FRAME_NAMES) this.#names = JSON.parse(bytes.toString()) as BlockNames;
    else if (kind === FRAME_STATE) this.records.addFrame(bytes, this.#runEpoch, this.#takeRow);
  }

  /** Rows are few where there are any, and whoever keeps them has to find them in order: they are taken up at once. */
  readonly #takeRow = (frame: Buffer, { keyStart, keyEnd, valueStart, end }: RecordSpan): Stored => {
    const { rows, codec } = this.#place;
    const key = frame.toString('latin1', keyStart, keyEnd);
    if (valueStart === NOTHING_BELOW) return rows.recoverErasure(key, -this.#runEpoch);
    const value = valueStart === NOTHING ? undefined : readRowValue(codec, frame.subarray(valueStart, end));
    return rows.recover(key, value, -this.#runEpoch);
  };

  messages(): RecoveredMessage[] {
    const names = this.#names;
    const reader = new EnvelopeReader(new PayloadCodec(Number.MAX_SAFE_INTEGER, shapesOf(names)));
    const messages: RecoveredMessage[] = [];
    for (const block of this.#blocks) {
      readBlock(block, (words, bytes, offsetBytes, byteLength) => {
        reader.wrap(words, bytes, offsetBytes, byteLength);
        const { sourceType } = reader;
        const { type, meta } = this.#target(names, reader);
        messages.push({
          type,
          id: reader.targetId(),
          message: reader.payload(),
          sourceType: this.#sourceNumber(names, sourceType),
          sourceId: sourceType === TYPE_NONE ? '' : reader.sourceId(),
          meta,
        });
      });
    }
    return messages;
  }

  /** Whom a message is for: what was unknown once may be known by now, and the other way round. */
  #target(names: BlockNames, reader: EnvelopeReader): { type: number; meta: MessageMeta | undefined } {
    const meta = reader.meta();
    const to = reader.targetType === TYPE_UNKNOWN ? (meta?.to ?? '') : (names.functions[reader.targetType] ?? '');
    const number = this.#place.functions.findFunction(to);
    if (number !== undefined) return { type: number, meta: withoutTarget(meta) };
    const from = this.#lostSource(names, reader);
    return { type: TYPE_UNKNOWN, meta: from === undefined ? { ...meta, to } : { ...meta, to, from } };
  }

  #lostSource(names: BlockNames, reader: EnvelopeReader): Address | undefined {
    const { sourceType } = reader;
    if (sourceType === TYPE_NONE || this.#sourceNumber(names, sourceType) !== TYPE_NONE) return undefined;
    return { type: names.functions[sourceType] ?? '', id: reader.sourceId() };
  }

  /** A caller that the module no longer has cannot be answered; it counts as nobody. */
  #sourceNumber(names: BlockNames, number: number): number {
    if (number === TYPE_NONE || number === TYPE_ASKER) return number;
    return this.#place.functions.findFunction(names.functions[number] ?? '') ?? TYPE_NONE;
  }
}
