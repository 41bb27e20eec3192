/**
 * Brings messages to their entities: finds the entity, or has it fetched from the store, and invokes it at once, or
 * keeps the message for it in order while it is busy (I4).
 */
import { Entity } from '../../state/entity.ts';
import type { EntityTable } from '../../state/entity-table.ts';
import { TYPE_NONE, TYPE_UNKNOWN } from '../../wire/envelope-layout.ts';
import type { EnvelopeReader } from '../../wire/envelope-reader.ts';
import type { EnvelopeWriter } from '../../wire/envelope-writer.ts';
import type { MessageMeta } from '../../wire/message-meta.ts';
import type { AsyncBounds } from './async-bounds.ts';
import { CrowdedMessages } from './crowded-messages.ts';
import type { Durability } from '../durable/durability.ts';
import type { Failures } from '../failing/failures.ts';
import type { Directory, FunctionBinding } from '../function-binding.ts';
import type { FunctionLoad } from './function-load.ts';
import { holdEnvelope } from './held-envelope.ts';
import type { Invoker } from '../invocation/invoker.ts';
import { ID_IN_ENVELOPE } from './undelivered.ts';
import type { MessageVisitor } from './mailbox.ts';
import type { Parking } from '../failing/parking.ts';

/** What goes on in one turn that had to wait for its function (I10). */
const GO_ON_COUNT_MAX = 256;

export class Delivery {
  readonly #directory: Directory;
  readonly #bindings: readonly FunctionBinding[];
  readonly #reader: EnvelopeReader;
  readonly #invoker: Invoker;
  readonly #failures: Failures;
  readonly #entities: EntityTable;
  readonly #durability: Durability | undefined;
  readonly #bounds: AsyncBounds;
  readonly #parking: Parking;
  readonly #crowded: CrowdedMessages;

  constructor(
    directory: Directory,
    reader: EnvelopeReader,
    writer: EnvelopeWriter,
    invoker: Invoker,
    failures: Failures,
    durability: Durability | undefined,
  ) {
    this.#directory = directory;
    this.#bindings = directory.bindings;
    this.#reader = reader;
    this.#invoker = invoker;
    this.#failures = failures;
    this.#entities = invoker.entities;
    this.#bounds = invoker.held.bounds;
    this.#durability = durability;
    this.#parking = failures.parking;
    const summon = (type: number, hash: number, id: string | EnvelopeReader): Entity | undefined =>
      typeof id === 'string'
        ? this.summon(type, hash, id)
        : (this.#entities.findTarget(id) ?? this.#wanted(type, hash, id));
    this.#crowded = new CrowdedMessages(invoker, reader, writer, summon);
    this.#parking.attach({
      entities: invoker.entities,
      lines: invoker.held.lines,
      occupy: (entity) => invoker.occupy(entity),
      finished: () => (invoker.finishedCount = (invoker.finishedCount + 1) | 0),
      admit: (entity) => invoker.admit(entity),
      fetch: (entity) => this.#fetch(entity),
      refused: (binding, entity, message) => failures.refused(binding, entity, message),
    });
  }

  /** The envelope that the reader shows. */
  deliverEnvelope(): void {
    const reader = this.#reader;
    const binding = this.#bindings[reader.targetType] ?? this.#bindingOf(reader.targetType);
    if (binding === undefined) {
      const sourceId = reader.sourceType === TYPE_NONE ? '' : reader.sourceId();
      this.#bury(reader.targetId(), reader.payload(), reader.sourceType, sourceId, reader.meta());
      return;
    }
    if (this.#bounds.crowded[binding.index] !== 0 && this.#bounds.isCrowded(binding))
      this.#crowded.holdEnvelope(binding);
    else this.#bringEnvelope(binding);
  }

  #bringEnvelope(binding: FunctionBinding): void {
    const reader = this.#reader;
    const { targetType, sourceType, form } = reader;
    const known = this.#entities.findTarget(reader) ?? this.#wanted(targetType, reader.targetHash, reader);
    if (known?.isBusy === true) {
      const { lines } = this.#invoker.held;
      if (binding.fn.takesWaiting === true) return holdEnvelope(lines, known, reader);
      const sourceId = sourceType === TYPE_NONE ? '' : reader.sourceId();
      return lines.hold(known, reader.payload(), sourceType, sourceId, form, reader.meta());
    }
    const entity = known ?? new Entity(targetType, reader.targetHash, reader.targetId());
    const inTable = known !== undefined;
    this.#invoker.invoke(binding, entity, inTable, reader.payload(), sourceType, ID_IN_ENVELOPE, form, reader.meta());
  }

  /** A message that never was an envelope. */
  deliver(
    type: number,
    hash: number,
    id: string,
    message: unknown,
    sourceType: number,
    sourceId: string,
    form: number,
    meta: MessageMeta | undefined,
  ): void {
    const binding = this.#bindings[type] ?? this.#bindingOf(type);
    if (binding === undefined) {
      this.#bury(id, message, sourceType, sourceId, meta);
      return;
    }
    if (this.#bounds.crowded[binding.index] !== 0 && this.#bounds.isCrowded(binding)) {
      this.#crowded.hold(binding, hash, id, message, sourceType, sourceId, form, meta);
    } else {
      this.#bring(binding, type, hash, id, message, sourceType, sourceId, form, meta);
    }
  }

  #bring(
    binding: FunctionBinding,
    type: number,
    hash: number,
    id: string,
    message: unknown,
    sourceType: number,
    sourceId: string,
    form: number,
    meta: MessageMeta | undefined,
  ): void {
    const known = this.#entities.find(type, hash, id) ?? this.#wanted(type, hash, id);
    if (known?.isBusy === true) {
      this.#invoker.held.lines.hold(known, message, sourceType, sourceId, form, meta);
      return;
    }
    const entity = known ?? new Entity(type, hash, id);
    const inTable = known !== undefined;
    this.#invoker.invoke(binding, entity, inTable, message, sourceType, sourceId, form, meta);
  }

  /** An entity without a message for it, busy if it has to be fetched; undefined if it does not exist. */
  summon(type: number, hash: number, id: string): Entity | undefined {
    return this.#entities.find(type, hash, id) ?? this.#wanted(type, hash, id);
  }

  /** Of a type that comes up here for the first time. */
  #bindingOf(type: number): FunctionBinding | undefined {
    return type === TYPE_UNKNOWN ? undefined : this.#directory.binding(type);
  }

  #bury(id: string, message: unknown, sourceType: number, sourceId: string, meta: MessageMeta | undefined): void {
    this.#failures.unknownTarget(id, message, sourceType, sourceId, meta);
    this.#invoker.finishedCount = (this.#invoker.finishedCount + 1) | 0;
  }

  // -- what had to wait for its function

  /**
   * Goes on with what waited for crowded functions, as far as there is room now, and with parked addresses that may go
   * on, unless older messages are still to come (I4). Returns how much that was.
   */
  goOn(isRecovering: boolean): number {
    let count = isRecovering ? 0 : this.#parking.work();
    for (let load = this.#bounds.next(); load !== undefined; load = this.#bounds.next()) {
      this.#goOnWith(load);
      this.#bounds.update(load);
      if (++count === GO_ON_COUNT_MAX) break;
    }
    return count;
  }

  /** Operations first, then entities and messages in turn. */
  #goOnWith(load: FunctionLoad): void {
    const { operations, messages } = load;
    if (operations.length > 0) {
      operations.shift()?.();
      return;
    }
    if (messages !== undefined && load.linesUp) this.#crowded.lineUpMany(load, messages);
    // All of them may have been for addresses that are busy.
    if (load.messageCount === 0 && load.readyCount === 0) return;
    load.isEntityNext = load.messageCount === 0 || (!load.isEntityNext && load.readyCount > 0);
    if (messages === undefined || load.isEntityNext) this.#invoker.admit(load.takeReady(), true);
    else if (messages.objectCount > 0) messages.takeObject(this.#bringObject);
    else messages.takeEncoded(this.#bringEncoded);
  }

  readonly #bringObject: MessageVisitor = (type, hash, id, message, sourceType, sourceId, form, meta) => {
    this.#bring(this.#bindings[type], type, hash, id, message, sourceType, sourceId, form, meta);
  };

  readonly #bringEncoded = (words: Int32Array, bytes: Uint8Array, offsetBytes: number, byteLength: number): void => {
    this.#reader.wrap(words, bytes, offsetBytes, byteLength);
    this.#bringEnvelope(this.#bindings[this.#reader.targetType]);
  };

  /** An entity that is not in memory but may be in the store is fetched; until it has come, it is busy. */
  #wanted(type: number, hash: number, id: string | EnvelopeReader): Entity | undefined {
    if (this.#durability?.mayBeStored !== true || this.#bindings[type].shape.cellNames.length === 0) return undefined;
    const entity = new Entity(type, hash, typeof id === 'string' ? id : id.targetId());
    entity.detachId();
    this.#entities.add(entity);
    this.#invoker.occupy(entity);
    this.#durability.fetch.want(entity);
    return entity;
  }

  #fetch(entity: Entity): boolean {
    const { shape } = this.#bindings[entity.functionIndex];
    if (this.#durability?.mayBeStored !== true || shape.cellNames.length === 0) return false;
    this.#durability.fetch.want(entity);
    return true;
  }
}
