/**
 * A shard's index of the entities that it holds in memory, by function and id. Open addressing over the hash that every
 * envelope carries: a look-up by ring bytes needs no string, and neither kind of look-up hashes anything. (A `Map` of
 * strings answers half as fast and wants a string made from the bytes first; see `bench/micro/entity-lookup.ts`.)
 *
 * The slots hold the entities and nothing else: with hashes in an array of their own, every look-up would miss the
 * processor's cache once more, while a sparse table seldom makes it look at an entity that is not the one.
 */
import type { Entity } from './entity.ts';

/** What can say where it is addressed to; an envelope's reader is one. */
export interface TargetView {
  readonly targetType: number;
  readonly targetHash: number;
  targetIdEquals(id: string): boolean;
}

const SLOTS_MIN = 1024;
/** About as many cache misses as a processor core can have under way. */
export const FETCH_COUNT_MAX = 16;

/** Where the search for an entity begins. Functions of one id must not all begin at the same slot. */
function slotHash(functionIndex: number, hash: number): number {
  return (hash + Math.imul(functionIndex, 0x9e3779b1)) | 0;
}

export class EntityTable {
  size = 0;
  /** Keeps the reads of `fetch` from being compiled away. */
  fetched = 0;
  #expectedCount = 0;
  readonly #expected: (Entity | undefined)[] = new Array<Entity | undefined>(FETCH_COUNT_MAX).fill(undefined);
  #mask = SLOTS_MIN - 1;
  #slots: (Entity | undefined)[] = new Array<Entity | undefined>(SLOTS_MIN).fill(undefined);

  find(functionIndex: number, hash: number, id: string): Entity | undefined {
    for (let slot = slotHash(functionIndex, hash) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const entity = this.#slots[slot];
      if (entity === undefined) return undefined;
      if (entity.hash === hash && entity.functionIndex === functionIndex && entity.id === id) return entity;
    }
  }

  findTarget(view: TargetView): Entity | undefined {
    const { targetHash, targetType } = view;
    for (let slot = slotHash(targetType, targetHash) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const entity = this.#slots[slot];
      if (entity === undefined) return undefined;
      const same = entity.hash === targetHash && entity.functionIndex === targetType;
      if (same && view.targetIdEquals(entity.id)) return entity;
    }
  }

  /** Notes a look-up that is soon to come, for `fetch`. At most `FETCH_COUNT_MAX` at a time; more are forgotten. */
  expect(functionIndex: number, hash: number): void {
    if (this.#expectedCount === FETCH_COUNT_MAX) return;
    this.#expected[this.#expectedCount++] = this.#slots[slotHash(functionIndex, hash) & this.#mask];
  }

  /**
   * Reads what the expected look-ups will read: first all entities, then all their ids. So their cache misses happen at
   * the same time instead of one after the other. Changes nothing.
   */
  fetch(): void {
    const expected = this.#expected;
    const count = this.#expectedCount;
    let read = 0;
    for (let index = 0; index < count; index++) read ^= expected[index]?.hash ?? 0;
    for (let index = 0; index < count; index++) read ^= expected[index]?.id.charCodeAt(0) ?? 0;
    this.#expectedCount = 0;
    this.fetched = read;
  }

  /** Adds an entity that is not in the table. */
  add(entity: Entity): void {
    if (this.size * 2 >= this.#mask) this.#grow();
    this.#place(entity);
    this.size++;
  }

  /** Removes an entity, and closes the gap so that searches need no tombstones. */
  remove(entity: Entity): void {
    let gap = this.#home(entity);
    while (this.#slots[gap] !== entity) {
      if (this.#slots[gap] === undefined) return;
      gap = (gap + 1) & this.#mask;
    }
    this.size--;
    for (let slot = (gap + 1) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const next = this.#slots[slot];
      if (next === undefined) break;
      // An entity may move into the gap only if that does not bring it before the slot where its search begins.
      if (((slot - this.#home(next)) & this.#mask) < ((slot - gap) & this.#mask)) continue;
      this.#slots[gap] = next;
      gap = slot;
    }
    this.#slots[gap] = undefined;
  }

  /**
   * Shows the entities in the next `slotCount` slots to `isToLeave`, and removes those that are. Returns where to go on;
   * every entity comes up once a round, but one that is moved by a removal may be left out of a round.
   */
  sweep(fromSlot: number, slotCount: number, isToLeave: (entity: Entity) => boolean): number {
    let slot = fromSlot & this.#mask;
    for (let count = 0; count < slotCount; count++) {
      const entity = this.#slots[slot];
      // A removal moves another entity into this slot, which then is looked at, too.
      if (entity !== undefined && isToLeave(entity)) this.remove(entity);
      else slot = (slot + 1) & this.#mask;
    }
    return slot;
  }

  *values(): Generator<Entity> {
    for (const entity of this.#slots) if (entity !== undefined) yield entity;
  }

  #home(entity: Entity): number {
    return slotHash(entity.functionIndex, entity.hash) & this.#mask;
  }

  #place(entity: Entity): void {
    let slot = this.#home(entity);
    while (this.#slots[slot] !== undefined) slot = (slot + 1) & this.#mask;
    this.#slots[slot] = entity;
  }

  #grow(): void {
    const old = this.#slots;
    this.#mask = old.length * 2 - 1;
    this.#slots = new Array<Entity | undefined>(old.length * 2).fill(undefined);
    for (const entity of old) if (entity !== undefined) this.#place(entity);
  }
}
