/**
 * Keeps a shard's entities within their share of memory. Those that were not used for long leave, in the order of a
 * clock's hand that goes round the table; they come back from the store when they are wanted. Who is busy stays, and so
 * does who is not in the store yet (`DirtyEntities.pins`): when too many are, they are folded first.
 *
 * Rows are in memory only until they are folded. When they take more than half of it, they are folded at once.
 *
 * How much memory an entity takes is estimated from its record on disk: JavaScript does not tell.
 */
import type { Entity } from '../state/entity.ts';
import type { EntityTable } from '../state/entity-table.ts';
import type { DirtyEntities } from './durable/dirty-entities.ts';
import type { Rows } from './rows/rows.ts';

/** An entity's object, its id and its place in the table. */
const ENTITY_BYTES = 200;
/** Values are this much longer in memory than in a record, about. */
const VALUE_FACTOR = 2;
/** So much of the memory may be rows. */
const ROWS_SHARE = 0.5;
/** Slots that one turn looks at. */
const SWEEP_SLOTS = 512;
/** The table has about four slots an entity: so many times its size is a round. */
const PATIENCE_ROUNDS = 4;

export interface MemoryHooks {
  /** How long records are, about. */
  recordBytes(): number;
  /** Entities could leave if they were folded. */
  foldWanted(): void;
  /** From now on, who is not in memory may be in the store. */
  evicted(): void;
}

export class MemoryBudget {
  readonly #entities: EntityTable;
  readonly #dirty: DirtyEntities;
  readonly #rows: Rows;
  readonly #memoryBytes: number;
  readonly #hooks: MemoryHooks;
  #hand = 0;
  #evictedCount = 0;
  /** Slots that were looked at since somebody left. */
  #idleSlots = 0;

  constructor(entities: EntityTable, rows: Rows, memoryBytes: number, hooks: MemoryHooks) {
    this.#entities = entities;
    this.#rows = rows;
    this.#dirty = rows.dirty;
    this.#memoryBytes = memoryBytes;
    this.#hooks = hooks;
  }

  /** How many entities and rows may be in memory. */
  get countMax(): number {
    return this.#memoryBytes / (ENTITY_BYTES + VALUE_FACTOR * this.#hooks.recordBytes());
  }

  /** One slice, if there are too many. Never reports work: nothing is lost when it is done later. */
  work(): number {
    const entities = this.#entities;
    const { countMax } = this;
    const rowCount = this.#rows.size;
    if (rowCount > countMax * ROWS_SHARE) this.#hooks.foldWanted();
    if (entities.size + rowCount <= countMax) return 0;
    const before = this.#evictedCount;
    this.#hand = entities.sweep(this.#hand, SWEEP_SLOTS, this.#isToLeave);
    if (this.#evictedCount > before) {
      this.#idleSlots = 0;
      this.#hooks.evicted();
      return 0;
    }
    this.#idleSlots += SWEEP_SLOTS;
    // Several rounds and nobody could leave.
    if (this.#idleSlots > entities.size * PATIENCE_ROUNDS * 2) {
      this.#idleSlots = 0;
      this.#hooks.foldWanted();
    }
    return 0;
  }

  readonly #isToLeave = (entity: Entity): boolean => {
    if (entity.isBusy || this.#dirty.pins(entity)) return false;
    // Whoever was used in this epoch or the last stays, as long as there is anybody else.
    const isRecent = entity.wasUsedLately(this.#dirty.epoch);
    if (isRecent && this.#idleSlots < this.#entities.size * PATIENCE_ROUNDS) return false;
    this.#evictedCount++;
    return true;
  };
}
