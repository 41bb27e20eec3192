/**
 * All that a shard has taken on and not finished when its turn ends, apart from the invocations themselves: messages
 * that wait for their address or their function, and operations that nobody waits for. It is what a checkpoint has to
 * look at, and what memory has to be kept for.
 */
import type { Entity } from '../state/entity.ts';
import type { MessageGate } from '../wire/message-gate.ts';
import { AsyncBounds, type BoundsOptions } from './async-bounds.ts';
import { type AsyncOperation, AsyncOperations } from './async-operations.ts';
import type { Effects } from './effects.ts';
import type { Mailbox } from './mailbox.ts';
import type { Unfinished } from './unfinished-work.ts';
import { WaitingLines, type WaitingPlace } from './waiting-lines.ts';

export interface HeldPlace extends WaitingPlace, BoundsOptions {
  readonly gate: MessageGate;
  /** The shard's own. */
  readonly effects: Effects;
}

export class HeldWork implements Unfinished {
  /** Entities with a line. */
  readonly busy: Set<Entity> = new Set();
  readonly lines: WaitingLines;
  readonly bounds: AsyncBounds;
  readonly async: AsyncOperations;

  constructor(place: HeldPlace) {
    this.lines = new WaitingLines(place);
    this.bounds = new AsyncBounds(place);
    this.async = new AsyncOperations(place.gate, place.effects, this.bounds);
  }

  get operations(): Iterable<AsyncOperation> {
    return this.async.pending;
  }

  get queues(): Iterable<Mailbox> {
    return this.bounds.queues();
  }

  /** Messages that wait. */
  get waitingCount(): number {
    return this.lines.count + this.bounds.queuedCount;
  }

  /** What they take in memory beyond objects. */
  get memoryBytes(): number {
    return this.lines.memoryBytes + this.bounds.memoryBytes;
  }

  spill(): void {
    this.lines.spill();
    this.bounds.spill();
  }
}
