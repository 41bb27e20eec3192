/**
 * Entities that are not in memory: taken from the records that a recovery has found, or fetched from the state store in
 * batches; between turns and never inside an invocation. Until its cells have come an entity is busy, so its messages wait in order (I4) and no other entity waits
 * for it.
 */
import type { Entity } from '../../state/entity.ts';
import { NOTHING, readValue } from '../../state/record-reader.ts';
import { type RecordNames, RecordWriter } from '../../state/record-writer.ts';
import type { StateStore } from '../../store/state-store.ts';
import type { PayloadCodec } from '../../wire/payload-codec.ts';
import type { RecoveredRecords } from '../durable/recovered-records.ts';

/** Keys of one call of the store, and how many calls may be under way. */
const BATCH_COUNT = 512;
const BATCHES_MAX = 4;

export interface FetchHooks {
  names(functionIndex: number): RecordNames;
  /** The entity's cells are there. */
  fetched(entity: Entity): void;
  /** A batch has come: a turn is due. */
  progressed(): void;
}

interface Batch {
  readonly entities: readonly Entity[];
  readonly values: readonly (Uint8Array | undefined)[];
}

export class EntityFetch {
  readonly #store: StateStore;
  readonly #codec: PayloadCodec;
  readonly #hooks: FetchHooks;
  readonly #keys: RecordWriter;
  /** What the store does not have, as long as that is so. */
  readonly #recovered: () => RecoveredRecords | undefined;
  /** Whose record was found without asking the store. */
  #found: Entity[] = [];
  #wanted: Entity[] = [];
  #come: Batch[] = [];
  #callCount = 0;
  #failure: Error | undefined;

  constructor(
    store: StateStore,
    recovered: () => RecoveredRecords | undefined,
    codec: PayloadCodec,
    hooks: FetchHooks,
  ) {
    this.#recovered = recovered;
    this.#store = store;
    this.#codec = codec;
    this.#hooks = hooks;
    this.#keys = new RecordWriter(codec, 1 << 16);
  }

  /** Whether anything was asked for and has not come. */
  get isWaiting(): boolean {
    return this.#callCount > 0;
  }

  get hasWork(): boolean {
    if (this.#failure !== undefined || this.#come.length > 0 || this.#found.length > 0) return true;
    return this.#wanted.length > 0 && this.#callCount < BATCHES_MAX;
  }

  want(entity: Entity): void {
    const recovered = this.#recovered();
    if (recovered !== undefined && this.#find(recovered, entity)) this.#found.push(entity);
    else this.#wanted.push(entity);
  }

  /** Fills an entity from its newest committed record, if that is not in the store yet. */
  #find(recovered: RecoveredRecords, entity: Entity): boolean {
    const names = this.#hooks.names(entity.functionIndex);
    const keys = this.#keys;
    keys.length = 0;
    keys.writeKey(names.type, entity.hash, entity.id);
    const entry = recovered.find(entity.hash, keys.bytes, keys.length);
    if (entry === -1) return false;
    const { bytes, valueStart, epoch } = recovered.record(entry);
    if (valueStart !== NOTHING) readValue(this.#codec, bytes, valueStart, names, entity);
    entity.dirtyEpoch = -epoch;
    recovered.take(entry, entity);
    return true;
  }

  /** Hands over what has come, and asks for what is wanted. Returns how many entities have come. */
  work(): number {
    if (this.#failure !== undefined) throw this.#failure;
    const found = this.#found;
    this.#found = [];
    for (const entity of found) this.#hooks.fetched(entity);
    let count = found.length;
    for (let batch = this.#come.shift(); batch !== undefined; batch = this.#come.shift()) {
      count += batch.entities.length;
      this.#deliver(batch);
    }
    return count;
  }

  /** Asks the store for what this turn wanted. */
  request(): void {
    while (this.#wanted.length > 0 && this.#callCount < BATCHES_MAX) {
      const entities = this.#wanted.length <= BATCH_COUNT ? this.#wanted : this.#wanted.slice(0, BATCH_COUNT);
      this.#wanted = entities === this.#wanted ? [] : this.#wanted.slice(BATCH_COUNT);
      this.#callCount++;
      this.#store.getMany(entities.map((entity) => this.#keyOf(entity))).then(
        (values) => this.#settled({ entities, values }, undefined),
        (cause: unknown) => this.#settled(undefined, cause instanceof Error ? cause : new Error(String(cause))),
      );
    }
  }

  #settled(batch: Batch | undefined, failure: Error | undefined): void {
    this.#callCount--;
    this.#failure ??= failure;
    if (batch !== undefined) this.#come.push(batch);
    this.#hooks.progressed();
  }

  #deliver({ entities, values }: Batch): void {
    entities.forEach((entity, index) => {
      const value = values[index];
      if (value !== undefined) {
        const bytes = Buffer.from(value.buffer, value.byteOffset, value.length);
        readValue(this.#codec, bytes, 0, this.#hooks.names(entity.functionIndex), entity);
      }
      this.#hooks.fetched(entity);
    });
  }

  #keyOf(entity: Entity): Uint8Array {
    const keys = this.#keys;
    keys.length = 0;
    keys.writeKey(this.#hooks.names(entity.functionIndex).type, entity.hash, entity.id);
    return Uint8Array.prototype.slice.call(keys.bytes, 0, keys.length);
  }
}
