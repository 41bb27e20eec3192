/**
 * What a shard takes up again: the deltas that are committed and not yet folded, laid over the store as entities in
 * memory, and the messages that were in flight at the last commit. It reads what lies after `applied` and nothing else,
 * so it takes no longer when there is more state; the rest is fetched when it is needed.
 */
import type { FileSystem } from '../base/file-system.ts';
import { hashId } from '../keys/id-hash.ts';
import {
  idFormAt,
  isEntityKey,
  NOTHING,
  NOTHING_BELOW,
  type RecordSpan,
  readKey,
  readRecord,
  readRowValue,
  readValue,
} from '../state/record-reader.ts';
import type { RecordNames } from '../state/record-writer.ts';
import { Entity } from '../state/entity.ts';
import { KeyView } from '../state/key-view.ts';
import { EntityTable } from '../state/entity-table.ts';
import type { DeltaLocation } from '../store/changelog-frame.ts';
import type { SegmentInfo } from '../store/changelog-segment.ts';
import { readDelta } from '../store/changelog-reader.ts';
import { ID_ASCII } from '../store/key-layout.ts';
import { recoverChangelog } from '../store/changelog-recovery.ts';
import { MillraceError } from '../sdk/errors.ts';
import { TYPE_ASKER, TYPE_NONE } from '../wire/envelope-layout.ts';
import { EnvelopeReader } from '../wire/envelope-reader.ts';
import type { MessageMeta } from '../wire/message-meta.ts';
import { PayloadCodec } from '../wire/payload-codec.ts';
import type { Stored } from '../state/row.ts';
import type { Directory } from './function-binding.ts';
import type { Rows } from './rows.ts';
import { type BlockNames, readBlock, shapesOf } from '../wire/envelope-block.ts';
import { FRAME_MESSAGES, FRAME_NAMES, FRAME_STATE, type WrittenDelta } from './shard-snapshot.ts';

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
  readonly deltas: readonly WrittenDelta[];
  readonly entities: EntityTable;
  readonly messages: readonly RecoveredMessage[];
  readonly changelog: { readonly nextSegment: number; readonly segments: readonly SegmentInfo[] };
}

export interface RecoveryPlace {
  readonly fileSystem: FileSystem;
  readonly directory: string;
  readonly appliedEpoch: number;
  readonly committed: { readonly epoch: number; readonly location: DeltaLocation } | undefined;
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
  return { deltas: overlay.deltas, entities: overlay.entities, messages: overlay.messages(), changelog };
}

/** Takes deltas in, oldest first. */
class Overlay {
  readonly deltas: WrittenDelta[] = [];
  readonly entities: EntityTable = new EntityTable();
  readonly #place: RecoveryPlace;
  readonly #span: RecordSpan = { keyStart: 0, keyEnd: 0, valueStart: 0, end: 0 };
  #runEpoch = 0;
  /** Of the record before; -1 before the first. */
  #lastFunction = -1;
  readonly #keyView = new KeyView();
  #items: (Stored | undefined)[] = [];
  #blocks: Uint8Array[] = [];
  #names: BlockNames = { functions: {}, shapes: {} };

  constructor(place: RecoveryPlace) {
    this.#place = place;
  }

  delta(epoch: number, location: DeltaLocation): void {
    this.#runEpoch = epoch - this.#place.appliedEpoch;
    this.#items = [];
    this.#blocks = [];
    this.deltas.push({ epoch: this.#runEpoch, location, items: this.#items });
  }

  frame(kind: number, frame: Uint8Array): void {
    const bytes = Buffer.from(frame.buffer, frame.byteOffset, frame.length);
    // Only the last delta's messages are still in flight.
    if (kind === FRAME_MESSAGES) this.#blocks.push(Uint8Array.from(frame));
    else if (kind === FRAME_NAMES) this.#names = JSON.parse(bytes.toString()) as BlockNames;
    else if (kind === FRAME_STATE) this.#records(bytes);
  }

  #records(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; at = this.#span.end) {
      readRecord(bytes, at, this.#span);
      const isEntity = isEntityKey(bytes, this.#span.keyStart);
      this.#items.push(isEntity ? this.#entity(bytes, this.#span) : this.#row(bytes, this.#span));
    }
  }

  #row(bytes: Buffer, { keyStart, keyEnd, valueStart, end }: RecordSpan): Stored {
    const { rows, codec } = this.#place;
    const key = bytes.toString('latin1', keyStart, keyEnd);
    if (valueStart === NOTHING_BELOW) return rows.recoverErasure(key, -this.#runEpoch);
    const value = valueStart === NOTHING ? undefined : readRowValue(codec, bytes.subarray(valueStart, end));
    return rows.recover(key, value, -this.#runEpoch);
  }

  /** The entity of a record, with its cells; none for a function that the module no longer has. */
  #entity(bytes: Buffer, { keyStart, keyEnd, valueStart }: RecordSpan): Entity | undefined {
    const entity = this.#known(bytes, keyStart, keyEnd) ?? this.#find(bytes, keyStart, keyEnd);
    if (entity === undefined) return undefined;
    entity.clear();
    if (valueStart !== NOTHING) {
      readValue(this.#place.codec, bytes, valueStart, this.#place.names(entity.functionIndex), entity);
    }
    entity.dirtyEpoch = -this.#runEpoch;
    return entity;
  }

  /** The quick way for what most records are: of the same type as the one before, and of an entity that came up before. */
  #known(bytes: Buffer, keyStart: number, keyEnd: number): Entity | undefined {
    if (this.#lastFunction === -1) return undefined;
    const formAt = idFormAt(this.#place.names(this.#lastFunction).type, bytes, keyStart);
    if (formAt === -1 || bytes[formAt] !== ID_ASCII) return undefined;
    this.#keyView.wrap(this.#lastFunction, bytes, formAt + 1, keyEnd);
    return this.entities.findTarget(this.#keyView);
  }

  #find(bytes: Buffer, keyStart: number, keyEnd: number): Entity | undefined {
    const { type, id } = readKey(bytes, keyStart, keyEnd);
    const functionIndex = this.#place.functions.findFunction(type);
    if (functionIndex === undefined) return undefined;
    this.#lastFunction = functionIndex;
    const hash = hashId(id);
    const known = this.entities.find(functionIndex, hash, id);
    if (known !== undefined) return known;
    const entity = new Entity(functionIndex, hash, id);
    this.entities.add(entity);
    return entity;
  }

  messages(): RecoveredMessage[] {
    const names = this.#names;
    const reader = new EnvelopeReader(new PayloadCodec(Number.MAX_SAFE_INTEGER, shapesOf(names)));
    const messages: RecoveredMessage[] = [];
    for (const block of this.#blocks) {
      readBlock(block, (words, bytes, offsetBytes, byteLength) => {
        reader.wrap(words, bytes, offsetBytes, byteLength);
        const { sourceType } = reader;
        messages.push({
          type: this.#functionNumber(names, reader.targetType),
          id: reader.targetId(),
          message: reader.payload(),
          sourceType: this.#sourceNumber(names, sourceType),
          sourceId: sourceType === TYPE_NONE ? '' : reader.sourceId(),
          meta: reader.meta(),
        });
      });
    }
    return messages;
  }

  #functionNumber(names: BlockNames, number: number): number {
    const type = names.functions[number] ?? '';
    const now = this.#place.functions.findFunction(type);
    if (now !== undefined) return now;
    const what = `${this.#place.directory} holds messages in flight to ${type}, which this module does not have.`;
    throw new MillraceError('UNKNOWN_FUNCTION', what, { details: { type } });
  }

  /** A caller that the module no longer has cannot be answered; it counts as nobody. */
  #sourceNumber(names: BlockNames, number: number): number {
    if (number === TYPE_NONE || number === TYPE_ASKER) return number;
    return this.#place.functions.findFunction(names.functions[number] ?? '') ?? TYPE_NONE;
  }
}
