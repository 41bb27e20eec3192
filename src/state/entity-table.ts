/**
 * A shard's index of the entities that it holds in memory, by function and id. Open addressing over the hash that every
 * envelope carries: a look-up by ring bytes needs no string, and neither kind of look-up hashes anything. (A `Map` of
 * strings answers half as fast and wants a string made from the bytes first; see `bench/micro/entity-lookup.ts`.)
 *
 * The slots hold the entities and nothing else: with hashes in an array of their own, every look-up would miss the
 * processor's cache once more, while a sparse table seldom makes it look at an entity that is not the one.
 *
 * A table of millions takes a quarter of a second to be built anew, so it grows a little with each addition (I10): new
 * entities go into slots of twice the number, and the old ones move over, a few at a time. Until all have, a look-up that
 * finds nothing among the new slots goes on among the old ones.
 */
import { assert } from '../base/assert.ts';
import type { Entity } from './entity.ts';
import { EntitySlots, slotHash, type TargetView } from './entity-slots.ts';

const SLOTS_MIN = 1024;
/** About as many cache misses as a processor core can have under way. */
export const FETCH_COUNT_MAX = 16;

/** Old slots that are cleared with each addition: more than two, or they would not be empty before the next growth. */
const MOVE_SLOTS = 8;

export class EntityTable {
  size = 0;
  /** Keeps the reads of `fetch` from being compiled away. */
  fetched = 0;
  #expectedCount = 0;
  readonly #expected: (Entity | undefined)[] = new Array<Entity | undefined>(FETCH_COUNT_MAX).fill(undefined);
  #slots = new EntitySlots(SLOTS_MIN);
  /** There while entities move out of it. */
  #old: EntitySlots | undefined;
  /** All old slots before this one are empty. */
  #oldAt = 0;

  find(functionIndex: number, hash: number, id: string): Entity | undefined {
    const entity = this.#slots.find(functionIndex, hash, id);
    return entity === undefined && this.#old !== undefined ? this.#old.find(functionIndex, hash, id) : entity;
  }

  findTarget(view: TargetView): Entity | undefined {
    const entity = this.#slots.findTarget(view);
    return entity === undefined && this.#old !== undefined ? this.#old.findTarget(view) : entity;
  }

  /** Notes a look-up that is soon to come, for `fetch`. At most `FETCH_COUNT_MAX` at a time; more are forgotten. */
  expect(functionIndex: number, hash: number): void {
    if (this.#expectedCount === FETCH_COUNT_MAX) return;
    const slot = slotHash(functionIndex, hash);
    this.#expected[this.#expectedCount++] = this.#slots.at(slot) ?? this.#old?.at(slot);
  }

  /**
   * Reads what the expected look-ups will read: first all entities, then all their ids. So their cache misses happen at
   * the same time instead of one after the other. Changes nothing.
   */
  fetch(): void {
    const expected = this.#expected;
    const count = this.#expectedCount;
    let read = 0;
    for (let index = 0; index < count; index++) {
      const entity = expected[index];
      // Its first and its last field: it may lie in two cache lines.
      if (entity !== undefined) read ^= entity.waiting === undefined ? entity.hash : 1;
    }
    for (let index = 0; index < count; index++) read ^= expected[index]?.id.charCodeAt(0) ?? 0;
    this.#expectedCount = 0;
    this.fetched = read;
  }

  /** Adds an entity that is not in the table. */
  add(entity: Entity): void {
    if (this.size * 2 >= this.#slots.mask) this.#grow();
    if (this.#old !== undefined) this.#move(this.#old, MOVE_SLOTS);
    this.#slots.place(entity);
    this.size++;
  }

  /** Removes an entity, if it is there. */
  remove(entity: Entity): void {
    if (this.#slots.remove(entity) || this.#old?.remove(entity) === true) this.size--;
  }

  /**
   * Shows the entities in the next `slotCount` slots to `isToLeave`, and removes those that are. Returns where to go on;
   * every entity comes up once a round, but one that is moved by a removal may be left out of a round.
   */
  sweep(fromSlot: number, slotCount: number, isToLeave: (entity: Entity) => boolean): number {
    const slots = this.#slots;
    if (this.#old !== undefined) this.#move(this.#old, slotCount);
    let slot = fromSlot & slots.mask;
    for (let count = 0; count < slotCount; count++) {
      const entity = slots.at(slot);
      // A removal moves another entity into this slot, which then is looked at, too.
      if (entity !== undefined && isToLeave(entity)) this.remove(entity);
      else slot = (slot + 1) & slots.mask;
    }
    return slot;
  }

  *values(): Generator<Entity> {
    yield* this.#slots.values();
    if (this.#old !== undefined) yield* this.#old.values();
  }

  #grow(): void {
    assert(this.#old === undefined, 'what is old has moved before there is need to grow again');
    this.#old = this.#slots;
    this.#oldAt = 0;
    this.#slots = new EntitySlots((this.#old.mask + 1) * 2);
  }

  /** Looks at the next `slotCount` old slots; whoever is there moves. */
  #move(old: EntitySlots, slotCount: number): void {
    for (let count = 0; count < slotCount; count++) {
      const entity = old.at(this.#oldAt);
      if (entity !== undefined) {
        // The removal may bring another one here.
        old.remove(entity);
        this.#slots.place(entity);
      } else if (++this.#oldAt > old.mask) {
        this.#old = undefined;
        return;
      }
    }
  }
}
