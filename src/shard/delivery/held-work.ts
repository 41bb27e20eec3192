/**
 * All that a shard has taken on and not finished when its turn ends, apart from the invocations themselves: messages
 * that wait for their address or their function, and operations that nobody waits for. It is what a checkpoint has to
 * look at, and what memory has to be kept for.
 */
import { MillraceError } from '../../sdk/errors.ts';
import type { Entity } from '../../state/entity.ts';
import type { MessageGate } from '../../wire/message-gate.ts';
import { Batches } from '../invocation/batches.ts';
import { AsyncBounds, type BoundsOptions } from './async-bounds.ts';
import { type AsyncOperation, AsyncOperations } from '../invocation/async-operations.ts';
import type { Effects } from '../invocation/effects.ts';
import type { Floods } from './floods.ts';
import type { Mailbox } from './mailbox.ts';
import type { Trials } from '../failing/trials.ts';
import type { FunctionBinding } from '../function-binding.ts';
import type { Suspects } from '../failing/suspects.ts';
import type { Unfinished } from '../durable/unfinished-work.ts';
import { WaitingLines, type WaitingPlace } from './waiting-lines.ts';

export interface HeldPlace extends WaitingPlace, BoundsOptions {
  readonly gate: MessageGate;
  /** The shard's own. */
  readonly effects: Effects;
  readonly suspects: Suspects;
}

/** What is under way and can be told to end. */
interface Abortable {
  abort(reason: unknown): void;
}

export class HeldWork implements Unfinished {
  /** Entities with a line. */
  readonly busy: Set<Entity> = new Set();
  readonly lines: WaitingLines;
  readonly batches: Batches;
  readonly bounds: AsyncBounds;
  readonly async: AsyncOperations;
  readonly floods: Floods;
  readonly trials: Trials;
  /** Of the invocations under way whose functions have asked for a signal. */
  readonly aborts: Set<Abortable> = new Set();

  constructor(place: HeldPlace) {
    this.floods = place.floods;
    this.trials = place.suspects.trials;
    this.lines = new WaitingLines(place);
    this.batches = new Batches(this.lines);
    this.bounds = new AsyncBounds(place, this.lines);
    this.async = new AsyncOperations(place.gate, place.effects, this.bounds, place.suspects);
  }

  /** Whether an invocation must wait, although its address is free. It comes when `takeReady` or `trials` call it up. */
  mustWait({ fn }: FunctionBinding, entity: Entity, isAsync: boolean): boolean {
    if (isAsync && this.batches.isDeferring && fn.takesWaiting === true) {
      this.batches.defer(entity);
      return true;
    }
    return this.trials.mustWait(entity, isAsync);
  }

  /** Entities that may begin now. */
  takeReady(): readonly Entity[] {
    const called = this.trials.takeReady();
    return called.length > 0 ? called : this.batches.takeReady();
  }

  get operations(): Iterable<AsyncOperation> {
    return this.async.pending;
  }

  get queues(): Iterable<Mailbox> {
    return this.bounds.queues();
  }

  /** Whether a turn would get on with something of it. */
  get hasWork(): boolean {
    return this.trials.hasReady || this.async.hasWork || this.batches.hasReady || this.bounds.canGoOn;
  }

  /** Messages that wait, or are in batches. */
  get waitingCount(): number {
    return this.lines.count + this.batches.count + this.bounds.queuedCount;
  }

  /** Those of them that wait, or have waited, where it is flooded: they count against nobody's credit. */
  get floodedCount(): number {
    return this.lines.floodedCount + this.batches.floodedCount + this.bounds.floodedCount;
  }

  /** What they take in memory beyond objects. */
  get memoryBytes(): number {
    return this.lines.memoryBytes + this.bounds.memoryBytes;
  }

  /** The shard ends: tells all who want to know. */
  abortAll(): void {
    const reason = new MillraceError('ENGINE_STOPPED', 'The engine has stopped.');
    for (const abort of this.aborts) abort.abort(reason);
  }

  spill(): void {
    this.lines.spill();
    this.bounds.spill();
  }
}
