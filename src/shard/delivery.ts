/**
 * Brings messages to their entities: finds the entity, or has it fetched from the store, and invokes it at once, or
 * keeps the message for it in order while it is busy (I4).
 */
import { Entity } from '../state/entity.ts';
import type { EntityTable } from '../state/entity-table.ts';
import { TYPE_NONE, TYPE_UNKNOWN } from '../wire/envelope-layout.ts';
import type { EnvelopeReader } from '../wire/envelope-reader.ts';
import type { MessageMeta } from '../wire/message-meta.ts';
import type { Durability } from './durability.ts';
import type { Failures } from './failures.ts';
import type { Directory, FunctionBinding } from './function-binding.ts';
import { ID_IN_ENVELOPE } from './invocation-core.ts';
import type { Invoker } from './invoker.ts';

export class Delivery {
  readonly #directory: Directory;
  readonly #bindings: readonly FunctionBinding[];
  readonly #reader: EnvelopeReader;
  readonly #invoker: Invoker;
  readonly #failures: Failures;
  readonly #entities: EntityTable;
  readonly #durability: Durability | undefined;

  constructor(
    directory: Directory,
    reader: EnvelopeReader,
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
    this.#durability = durability;
  }

  /** The envelope that the reader shows. */
  deliverEnvelope(): void {
    const reader = this.#reader;
    const { targetType, sourceType, form } = reader;
    const binding = this.#bindings[targetType] ?? this.#bindingOf(targetType);
    if (binding === undefined) {
      const sourceId = sourceType === TYPE_NONE ? '' : reader.sourceId();
      this.#bury(reader.targetId(), reader.payload(), sourceType, sourceId, reader.meta());
      return;
    }
    const known = this.#entities.findTarget(reader) ?? this.#wanted(targetType, reader.targetHash, reader);
    if (known?.isBusy === true) {
      const sourceId = sourceType === TYPE_NONE ? '' : reader.sourceId();
      this.#invoker.lines.hold(known, reader.payload(), sourceType, sourceId, form, reader.meta());
      return;
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
    const known = this.#entities.find(type, hash, id) ?? this.#wanted(type, hash, id);
    if (known?.isBusy === true) {
      this.#invoker.lines.hold(known, message, sourceType, sourceId, form, meta);
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
}
