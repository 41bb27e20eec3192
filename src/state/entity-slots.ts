/**
 * The slots of a shard's entity table: open addressing with linear search. Who looks for an entity begins at its hash and
 * goes on until it is found or a slot is empty; a removal closes its gap, so there are no tombstones. `EntityTable` owns
 * them, decides when there must be more, and keeps at least half of them empty.
 */
import type { Entity } from './entity.ts';

/** What can say where it is addressed to; an envelope's reader is one. */
export interface TargetView {
  readonly targetType: number;
  readonly targetHash: number;
  targetIdEquals(id: string): boolean;
}

/** Where the search for an entity begins. Functions of one id must not all begin at the same slot. */
export function slotHash(functionIndex: number, hash: number): number {
  return (hash + Math.imul(functionIndex, 0x9e3779b1)) | 0;
}

export class EntitySlots {
  /** One less than there are slots, which is a power of two. */
  readonly mask: number;
  readonly #slots: (Entity | undefined)[];

  constructor(count: number) {
    this.mask = count - 1;
    this.#slots = new Array<Entity | undefined>(count).fill(undefined);
  }

  /** Who is in a slot; numbers past the last slot go round to the first. */
  at(slot: number): Entity | undefined {
    return this.#slots[slot & this.mask];
  }

  find(functionIndex: number, hash: number, id: string): Entity | undefined {
    const slots = this.#slots;
    const { mask } = this;
    for (let slot = slotHash(functionIndex, hash) & mask; ; slot = (slot + 1) & mask) {
      const entity = slots[slot];
      if (entity === undefined) return undefined;
      if (entity.hash === hash && entity.functionIndex === functionIndex && entity.id === id) return entity;
    }
  }

  findTarget(view: TargetView): Entity | undefined {
    const { targetHash, targetType } = view;
    const slots = this.#slots;
    const { mask } = this;
    for (let slot = slotHash(targetType, targetHash) & mask; ; slot = (slot + 1) & mask) {
      const entity = slots[slot];
      if (entity === undefined) return undefined;
      const same = entity.hash === targetHash && entity.functionIndex === targetType;
      if (same && view.targetIdEquals(entity.id)) return entity;
    }
  }

  /** Puts in an entity that is not there. */
  place(entity: Entity): void {
    const slots = this.#slots;
    let slot = homeOf(entity) & this.mask;
    while (slots[slot] !== undefined) slot = (slot + 1) & this.mask;
    slots[slot] = entity;
  }

  /** Takes out an entity, and closes the gap. Returns whether it was there. */
  remove(entity: Entity): boolean {
    const slots = this.#slots;
    const { mask } = this;
    let gap = homeOf(entity) & mask;
    for (let at = slots[gap]; at !== entity; at = slots[gap]) {
      if (at === undefined) return false;
      gap = (gap + 1) & mask;
    }
    for (let slot = (gap + 1) & mask; ; slot = (slot + 1) & mask) {
      const next = slots[slot];
      if (next === undefined) break;
      // An entity may move into the gap only if that does not bring it before the slot where its search begins.
      if (((slot - homeOf(next)) & mask) < ((slot - gap) & mask)) continue;
      slots[gap] = next;
      gap = slot;
    }
    slots[gap] = undefined;
    return true;
  }

  *values(): Generator<Entity> {
    for (const entity of this.#slots) if (entity !== undefined) yield entity;
  }
}

function homeOf(entity: Entity): number {
  return slotHash(entity.functionIndex, entity.hash);
}
