/**
 * A shard's index of the entities that it holds in memory, by function and id. Open addressing over the hash that every
 * envelope carries: a look-up by ring bytes needs no string, and neither kind of look-up hashes anything. (A `Map` of
 * strings answers half as fast and wants a string made from the bytes first; see `bench/micro/entity-lookup.ts`.)
 */
import type { Entity } from './entity.ts';

/** What can say where it is addressed to; an envelope's reader is one. */
export interface TargetView {
  readonly targetType: number;
  readonly targetHash: number;
  targetIdEquals(id: string): boolean;
}

const SLOTS_MIN = 1024;

/** Where the search for an entity begins. Functions of one id must not all begin at the same slot. */
function slotHash(functionIndex: number, hash: number): number {
  return (hash + Math.imul(functionIndex, 0x9e3779b1)) | 0;
}

export class EntityTable {
  size = 0;
  #mask = SLOTS_MIN - 1;
  #hashes = new Int32Array(SLOTS_MIN);
  #entities: (Entity | undefined)[] = new Array<Entity | undefined>(SLOTS_MIN).fill(undefined);

  find(functionIndex: number, hash: number, id: string): Entity | undefined {
    const wanted = slotHash(functionIndex, hash);
    for (let slot = wanted & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const entity = this.#entities[slot];
      if (entity === undefined) return undefined;
      if (this.#hashes[slot] === wanted && entity.functionIndex === functionIndex && entity.id === id) return entity;
    }
  }

  findTarget(view: TargetView): Entity | undefined {
    const wanted = slotHash(view.targetType, view.targetHash);
    for (let slot = wanted & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const entity = this.#entities[slot];
      if (entity === undefined) return undefined;
      const same = this.#hashes[slot] === wanted && entity.functionIndex === view.targetType;
      if (same && view.targetIdEquals(entity.id)) return entity;
    }
  }

  /** Adds an entity that is not in the table. */
  add(entity: Entity): void {
    if (this.size * 2 >= this.#mask) this.#grow();
    this.#place(entity);
    this.size++;
  }

  /** Removes an entity, and closes the gap so that searches need no tombstones. */
  remove(entity: Entity): void {
    let gap = slotHash(entity.functionIndex, entity.hash) & this.#mask;
    while (this.#entities[gap] !== entity) {
      if (this.#entities[gap] === undefined) return;
      gap = (gap + 1) & this.#mask;
    }
    this.size--;
    for (let slot = (gap + 1) & this.#mask; this.#entities[slot] !== undefined; slot = (slot + 1) & this.#mask) {
      const home = this.#hashes[slot] & this.#mask;
      // An entity may move into the gap only if that does not bring it before the slot where its search begins.
      if (((slot - home) & this.#mask) < ((slot - gap) & this.#mask)) continue;
      this.#entities[gap] = this.#entities[slot];
      this.#hashes[gap] = this.#hashes[slot];
      gap = slot;
    }
    this.#entities[gap] = undefined;
  }

  *values(): Generator<Entity> {
    for (const entity of this.#entities) if (entity !== undefined) yield entity;
  }

  #place(entity: Entity): void {
    const wanted = slotHash(entity.functionIndex, entity.hash);
    let slot = wanted & this.#mask;
    while (this.#entities[slot] !== undefined) slot = (slot + 1) & this.#mask;
    this.#entities[slot] = entity;
    this.#hashes[slot] = wanted;
  }

  #grow(): void {
    const old = this.#entities;
    const slotCount = old.length * 2;
    this.#mask = slotCount - 1;
    this.#hashes = new Int32Array(slotCount);
    this.#entities = new Array<Entity | undefined>(slotCount).fill(undefined);
    for (const entity of old) if (entity !== undefined) this.#place(entity);
  }
}
