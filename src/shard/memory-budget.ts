/**
 * Keeps a shard's entities within their share of memory. Those that were not used for long leave, in the order of a
 * clock's hand that goes round the table; they come back from the store when they are wanted. Who is busy stays, and so
 * does who is not in the store yet (`DirtyEntities.pins`): when too many are, they are folded first.
 *
 * Rows are in memory only until they are folded. When they take more than half of it, they are folded at once.
 *
 * Messages can change entities faster than a store takes them. So when there is much more in memory than may be, the shard
 * is full, and takes no messages while a round of folding goes on (`Durability.isHolding`).
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
/**
 * Who comes and goes becomes garbage after it has grown old, and V8 lets about as much of that lie as is alive: so much
 * memory is taken for each byte in use.
 */
const GARBAGE_FACTOR = 2;
/** So much of the memory may be rows. */
const ROWS_SHARE = 0.5;
/** Slots that one turn looks at. */
const SWEEP_SLOTS = 512;
/** The same while no messages come. */
const FULL_SWEEP_SLOTS = 1 << 13;
/** So many times what may be in memory is too much, and so many more: who is being fetched or expires must find a place. */
const FULL_FACTOR = 1.25;
const FULL_MORE = 32;
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
  /** Whether there is too much in memory; until there is no more than may be. */
  isFull = false;
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
    return this.#memoryBytes / (GARBAGE_FACTOR * (ENTITY_BYTES + VALUE_FACTOR * this.#hooks.recordBytes()));
  }

  /** One slice, if there are too many. Never reports work: nothing is lost when it is done later. */
  work(): number {
    const entities = this.#entities;
    const { countMax } = this;
    const rowCount = this.#rows.size;
    if (rowCount > countMax * ROWS_SHARE) this.#hooks.foldWanted();
    const count = entities.size + rowCount;
    if (count <= countMax + FULL_MORE) this.isFull = false;
    if (count <= countMax) return 0;
    if (count > countMax * FULL_FACTOR + FULL_MORE) this.isFull = true;
    if (this.isFull) this.#hooks.foldWanted();
    this.#sweep();
    return 0;
  }

  #sweep(): void {
    const entities = this.#entities;
    const before = this.#evictedCount;
    const slotCount = this.isFull ? FULL_SWEEP_SLOTS : SWEEP_SLOTS;
    this.#hand = entities.sweep(this.#hand, slotCount, this.#isToLeave);
    if (this.#evictedCount > before) {
      this.#idleSlots = 0;
      this.#hooks.evicted();
      return;
    }
    this.#idleSlots += slotCount;
    // Several rounds and nobody could leave.
    if (this.#idleSlots > entities.size * PATIENCE_ROUNDS * 2) {
      this.#idleSlots = 0;
      this.#hooks.foldWanted();
    }
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
