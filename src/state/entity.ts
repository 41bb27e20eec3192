/**
 * One virtual entity as its shard keeps it in memory: its state cells, and what waits for it while it is busy. Only its
 * shard's thread touches it (I1). An entity without state, work or messages is not kept at all: it always exists, so
 * nothing is lost by forgetting it.
 */
import type { Address } from '../sdk/address.ts';

/** A message that waits for its busy entity, out of the ring and decoded. */
export interface HeldMessage {
  readonly message: unknown;
  readonly sourceType: number;
  readonly sourceId: string;
  /** The one that came after it. */
  next: HeldMessage | undefined;
}

/** The cells of an entity that has never written any. */
export const NO_CELLS: unknown[] = [];

export class Entity {
  readonly functionIndex: number;
  readonly hash: number;
  readonly id: string;
  /** One per state spec; `undefined` where nothing was written. */
  cells: unknown[] = NO_CELLS;
  /** An async invocation is under way; messages wait (I4). */
  busy = false;
  firstWaiting: HeldMessage | undefined = undefined;
  lastWaiting: HeldMessage | undefined = undefined;
  /** The last epoch in which a cell was written: what a checkpoint has to look at. -1 for never. */
  dirtyEpoch = -1;
  /** Made when user code asks for it. */
  address: Address | undefined = undefined;

  constructor(functionIndex: number, hash: number, id: string) {
    this.functionIndex = functionIndex;
    this.hash = hash;
    this.id = id;
  }

  /** Whether forgetting this entity would lose anything. */
  get isVacant(): boolean {
    return !this.busy && this.firstWaiting === undefined && this.cells === NO_CELLS;
  }

  /** Goes back to having no cells at all when every one of them has been cleared. */
  forgetClearedCells(): void {
    for (const cell of this.cells) if (cell !== undefined) return;
    this.cells = NO_CELLS;
  }

  hold(message: unknown, sourceType: number, sourceId: string): void {
    const held: HeldMessage = { message, sourceType, sourceId, next: undefined };
    if (this.lastWaiting === undefined) this.firstWaiting = held;
    else this.lastWaiting.next = held;
    this.lastWaiting = held;
  }

  /** The oldest message that waits, which then no longer does. */
  takeHeld(): HeldMessage | undefined {
    const held = this.firstWaiting;
    this.firstWaiting = held?.next;
    if (this.firstWaiting === undefined) this.lastWaiting = undefined;
    return held;
  }
}
