/**
 * The messages of a shard that wait for busy entities, each in the line of its entity (I4), and what they may take: a
 * bounded number as objects, the rest encoded in overflows, which go to disk when they are too large together. So a
 * function that floods a slow one costs disk and not memory.
 */
import { assert } from '../../base/assert.ts';
import type { SpillStorage } from '../../base/spill.ts';
import type { Entity, HeldMessage, WaitingLine } from '../../state/entity.ts';
import { KIND_MESSAGE, TYPE_NONE } from '../../wire/envelope-layout.ts';
import { EnvelopeReader } from '../../wire/envelope-reader.ts';
import type { EnvelopeWriter } from '../../wire/envelope-writer.ts';
import type { MessageMeta } from '../../wire/message-meta.ts';
import { Overflow, type Placeable } from '../../wire/overflow.ts';
import type { PayloadCodec } from '../../wire/payload-codec.ts';
import { ID_IN_ENVELOPE, type Undelivered } from './undelivered.ts';
import { type Floods, isStillFlooded } from './floods.ts';

/** How many messages may wait as objects: in one line, and in all lines of a shard. */
const LINE_COUNT_DEFAULT = 64;
const OBJECT_COUNT_DEFAULT = 16_384;
/** When memory cannot be had by spilling, nobody tries again before so much more is used. */
const PATIENCE_FACTOR = 1.25;

export interface WaitingPlace {
  readonly storage: SpillStorage;
  readonly codec: PayloadCodec;
  readonly writer: EnvelopeWriter;
  /** Memory of all overflows together before they go to disk. */
  readonly overflowBytesMax: number;
  readonly lineCountMax?: number | undefined;
  readonly heldCountMax?: number | undefined;
  readonly floods: Floods;
}

export class WaitingLines {
  /** Messages in all lines. */
  count = 0;
  /** Those of them that wait in flooded lines. */
  floodedCount = 0;
  /** Bytes in memory of overflows. */
  memoryBytes = 0;
  /** By the index of a function's binding. */
  readonly #unfloodedCounts: number[] = [];
  readonly #place: WaitingPlace;
  readonly #reader: EnvelopeReader;
  readonly #lineCountMax: number;
  readonly #objectCountMax: number;
  #objectCount = 0;
  /** Those that hold something. */
  readonly #overflows = new Set<Overflow>();
  #spillAboveBytes: number;

  constructor(place: WaitingPlace) {
    this.#place = place;
    // Its own: a message may be taken while another is being read.
    this.#reader = new EnvelopeReader(place.codec);
    this.#lineCountMax = place.lineCountMax ?? LINE_COUNT_DEFAULT;
    this.#objectCountMax = place.heldCountMax ?? OBJECT_COUNT_DEFAULT;
    this.#spillAboveBytes = place.overflowBytesMax;
  }

  /** Puts a message at the end of an entity's line. */
  hold(
    entity: Entity,
    message: unknown,
    sourceType: number,
    sourceId: string,
    form: number,
    meta: MessageMeta | undefined,
  ): void {
    const line = entity.waiting;
    assert(line !== undefined, 'messages wait for a busy entity only (I4)');
    if (line.parked !== undefined) {
      line.parked.hold(message, sourceType, sourceId, form, meta);
      return;
    }
    this.#add(entity, line, message, sourceType, sourceId, form, meta);
    this.#came(entity, line);
  }

  /** The same for one that stays encoded, behind all that are in the line. */
  holdEncoded(entity: Entity, line: WaitingLine, envelope: Placeable): void {
    this.#append(line, envelope);
    this.#came(entity, line);
  }

  #add(
    { functionIndex, hash, id }: Entity,
    line: WaitingLine,
    message: unknown,
    sourceType: number,
    sourceId: string,
    form: number,
    meta: MessageMeta | undefined,
  ): void {
    const isShort = line.objectCount < this.#lineCountMax && this.#objectCount < this.#objectCountMax;
    if (isShort && line.overflow === undefined) {
      line.add(message, sourceType, sourceId, form, meta);
      this.#objectCount++;
      return;
    }
    const { writer } = this.#place;
    writer.write(KIND_MESSAGE, functionIndex, hash, id, sourceType, sourceId, message, form, meta);
    this.#append(line, writer);
  }

  #append(line: WaitingLine, envelope: Placeable): void {
    const overflow = (line.overflow ??= new Overflow(this.#place.storage, 0, true));
    if (overflow.count === 0) this.#overflows.add(overflow);
    this.memoryBytes -= overflow.memoryBytes;
    overflow.append(envelope);
    this.memoryBytes += overflow.memoryBytes;
  }

  /** Puts a message before all others of an entity's line: it is to be tried again. */
  putBack(
    entity: Entity,
    message: unknown,
    sourceType: number,
    sourceId: string,
    form: number,
    meta: MessageMeta | undefined,
  ): void {
    const line = entity.waiting;
    assert(line !== undefined, 'messages wait for a busy entity only (I4)');
    line.addFirst(message, sourceType, sourceId, form, meta);
    this.#objectCount++;
    this.#came(entity, line);
  }

  /** The same for one that has not begun, and may lie in the envelope that is read. */
  postpone(entity: Entity, { message, sourceType, sourceId, form, meta }: Undelivered, reader: EnvelopeReader): void {
    const isRead = sourceType === TYPE_NONE || sourceId !== ID_IN_ENVELOPE;
    this.putBack(entity, message, sourceType, isRead ? sourceId : reader.sourceId(), form, meta);
  }

  #came({ functionIndex, id }: Entity, line: WaitingLine): void {
    this.count++;
    if (line.floodCount > 0) {
      this.floodedCount++;
      return;
    }
    const { count } = line;
    const { floods } = this.#place;
    this.#addUnflooded(functionIndex, 1);
    if (count <= floods.countMax) return;
    line.floodCount = count;
    this.floodedCount += count;
    this.#addUnflooded(functionIndex, -count);
    floods.tell({ type: functionIndex, id, isFlooded: true });
  }

  #went({ functionIndex, id }: Entity, line: WaitingLine): void {
    this.count--;
    if (line.floodCount === 0) {
      this.#addUnflooded(functionIndex, -1);
      return;
    }
    this.floodedCount--;
    const { count } = line;
    if (isStillFlooded(count, line.floodCount)) return;
    line.floodCount = 0;
    this.floodedCount -= count;
    this.#addUnflooded(functionIndex, count);
    this.#place.floods.tell({ type: functionIndex, id, isFlooded: false });
  }

  #addUnflooded(functionIndex: number, count: number): void {
    const counts = this.#unfloodedCounts;
    while (counts.length <= functionIndex) counts.push(0);
    counts[functionIndex] += count;
  }

  /** Messages in the lines of one function, but for those in flooded lines. */
  unfloodedCount(functionIndex: number): number {
    return this.#unfloodedCounts[functionIndex] ?? 0;
  }

  waitsFor({ waiting }: Entity): boolean {
    return waiting !== undefined && waiting.count > 0;
  }

  /** The oldest message of an entity's line, which then no longer waits. */
  take(entity: Entity): HeldMessage | undefined {
    const line = entity.waiting;
    if (line === undefined || line.count === 0) return undefined;
    const held = this.#remove(line);
    this.#went(entity, line);
    return held;
  }

  /** The oldest messages of an entity's line, as long as `mayJoin` says yes, which then no longer wait. */
  takeWhile(entity: Entity, countMax: number, mayJoin: (meta: MessageMeta | undefined) => boolean): HeldMessage[] {
    const line = entity.waiting;
    const taken: HeldMessage[] = [];
    while (line !== undefined && taken.length < countMax && line.count > 0) {
      const next = line.first ?? this.#peek(line);
      if (next === undefined || !mayJoin(next.meta)) break;
      if (line.objectCount > 0) this.#remove(line);
      else this.#drop(line, line.overflow as Overflow);
      this.#went(entity, line);
      taken.push(next);
    }
    return taken;
  }

  #remove(line: WaitingLine): HeldMessage | undefined {
    const { overflow } = line;
    if (overflow === undefined || line.objectCount > 0) {
      this.#objectCount--;
      return line.take();
    }
    const held = this.#peek(line);
    this.#drop(line, overflow);
    return held;
  }

  /** The oldest of those that are bytes. */
  #peek({ overflow }: WaitingLine): HeldMessage | undefined {
    if (overflow === undefined) return undefined;
    let held: HeldMessage | undefined;
    this.memoryBytes -= overflow.memoryBytes;
    overflow.peek((words, bytes, offsetBytes, byteLength) => {
      this.#reader.wrap(words, bytes, offsetBytes, byteLength);
      held = this.#readHeld();
    });
    this.memoryBytes += overflow.memoryBytes;
    return held;
  }

  #drop(line: WaitingLine, overflow: Overflow): void {
    this.memoryBytes -= overflow.memoryBytes;
    overflow.drop();
    this.memoryBytes += overflow.memoryBytes;
    if (overflow.count === 0) {
      this.#overflows.delete(overflow);
      line.overflow = undefined;
    }
  }

  #readHeld(): HeldMessage {
    const reader = this.#reader;
    const { sourceType, form } = reader;
    const sourceId = sourceType === TYPE_NONE ? '' : reader.sourceId();
    return { message: reader.payload(), sourceType, sourceId, form, meta: reader.meta(), next: undefined };
  }

  /** Moves to disk what is too much. */
  spill(): void {
    const { overflowBytesMax } = this.#place;
    if (this.memoryBytes <= this.#spillAboveBytes) return;
    for (const overflow of this.#overflows) {
      if (this.memoryBytes <= overflowBytesMax) break;
      this.memoryBytes -= overflow.memoryBytes;
      overflow.spill();
      this.memoryBytes += overflow.memoryBytes;
    }
    this.#spillAboveBytes = Math.max(overflowBytesMax, this.memoryBytes * PATIENCE_FACTOR);
  }
}
