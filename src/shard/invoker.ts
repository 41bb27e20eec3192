/**
 * Runs invocations: in place to their end, or on the side until their promise settles; and keeps the entities for which
 * that left something to keep. At most one invocation per address is under way; what comes meanwhile waits in the order
 * in which it came (I4). Everything here happens on the shard's thread, within its turns.
 */
import { assert } from '../base/assert.ts';
import { type Entity, WaitingLine } from '../state/entity.ts';
import type { EntityTable } from '../state/entity-table.ts';
import { KIND_FAILURE, TYPE_ASKER } from '../wire/envelope-layout.ts';
import type { MessageMeta } from '../wire/message-meta.ts';
import type { AsyncOperations } from './async-operations.ts';
import { failureOf } from './failure.ts';
import type { FunctionBinding } from './function-binding.ts';
import { Invocation } from './invocation.ts';
import type { WaitingLines } from './waiting-lines.ts';
import type { Workplace } from './workplace.ts';

/** An invocation on the side whose promise has settled. */
interface Settled {
  readonly invocation: Invocation;
  readonly error: unknown;
  readonly failed: boolean;
}

/** Makes the envelope of the message that an invocation was given. */
export type EncodeInput = (invocation: Invocation, message: unknown, form: number) => Uint8Array;

export class Invoker {
  readonly entities: EntityTable;
  /** Async invocations that are under way. */
  busyCount = 0;
  /** Messages whose invocation has ended, modulo 2^32. */
  finishedCount = 0;
  /** Entities with a waiting line. */
  readonly busy: Set<Entity> = new Set();
  /** Called when an async invocation has ended and a turn is due. */
  onSettled: () => void = () => {};

  readonly #place: Workplace;
  /** The Context of each function's invocations in place. */
  readonly #contexts: Invocation[];
  /** Whose messages are kept for checkpoints when they are begun: whose invocations have been seen to be async. */
  readonly #asides: boolean[];
  readonly #encodeInput: EncodeInput | undefined;
  #settled: Settled[] = [];

  /** `encodeInput` is given where checkpoints are made. */
  constructor(place: Workplace, entities: EntityTable, encodeInput: EncodeInput | undefined) {
    this.#place = place;
    this.entities = entities;
    place.operations.onSettled = () => this.onSettled();
    this.#encodeInput = encodeInput;
    this.#asides = place.directory.bindings.map(({ isAsync }) => isAsync);
    this.#contexts = place.directory.bindings.map((binding) => new Invocation(place, binding));
  }

  /** Whether something is under way whose end comes through the event loop. */
  get isWaiting(): boolean {
    return this.busyCount > 0 || this.#place.operations.pendingCount > 0;
  }

  get lines(): WaitingLines {
    return this.#place.lines;
  }

  get operations(): AsyncOperations {
    return this.#place.operations;
  }

  get hasSettled(): boolean {
    return this.#settled.length > 0 || this.#place.operations.hasWork;
  }

  /** From here on messages to this entity wait. */
  occupy(entity: Entity): void {
    entity.waiting ??= new WaitingLine();
    this.busy.add(entity);
  }

  /** The state of an entity that was occupied until it came is there. */
  admit(entity: Entity): void {
    this.#deliverHeld(this.#place.directory.bindings[entity.functionIndex], entity);
  }

  /**
   * Runs one message to its end, or to its first await, unless it is for an entity that has state and this one has
   * none; returns whether it has ended. `inTable` says whether the entity
   * is kept already.
   */
  invoke(
    binding: FunctionBinding,
    entity: Entity,
    inTable: boolean,
    message: unknown,
    sourceType: number,
    sourceId: string,
    form: number,
    meta: MessageMeta | undefined,
  ): boolean {
    if (meta?.ifExists === true && entity.isBlank) return this.#drop();
    const aside = this.#asides[binding.index];
    const invocation = aside ? new Invocation(this.#place, binding, true) : this.#contexts[binding.index];
    invocation.begin(entity, sourceType, sourceId, meta);
    entity.usedEpoch = this.#place.rows.dirty.epoch;
    let input: Uint8Array | undefined;
    if (aside) {
      invocation.goAside();
      input = this.#encodeInput?.(invocation, message, form);
    }
    let result: void | Promise<void>;
    try {
      result = binding.fn.invoke(invocation as never, message);
      // Whatever has a `then` is adopted by a promise of our own, which settles once and calls back later.
      if (typeof result === 'object' && result !== null && typeof result.then === 'function') {
        result = Promise.resolve(result);
      }
    } catch (error) {
      invocation.takeBack();
      this.#reportFailure(binding, invocation, error);
      this.#finish(entity, invocation, inTable);
      return true;
    }
    if (result instanceof Promise) {
      input ??= this.#encodeInput?.(invocation, message, form);
      this.#awaitEnd(binding, entity, invocation, inTable, result, input);
      return false;
    }
    invocation.apply();
    this.#finish(entity, invocation, inTable);
    return true;
  }

  /** The message has come to nobody. */
  #drop(): boolean {
    this.finishedCount = (this.finishedCount + 1) | 0;
    return true;
  }

  /** The invocation has returned: what it did stays. Keeps the entity or forgets it. */
  #finish(entity: Entity, invocation: Invocation, inTable: boolean): void {
    invocation.end();
    this.finishedCount = (this.finishedCount + 1) | 0;
    const kept = !entity.isVacant || this.#place.rows.dirty.pins(entity);
    if (inTable !== kept) {
      if (kept) this.#keep(entity);
      else this.entities.remove(entity);
    }
  }

  #awaitEnd(
    binding: FunctionBinding,
    entity: Entity,
    invocation: Invocation,
    inTable: boolean,
    result: Promise<void>,
    input: Uint8Array | undefined,
  ): void {
    if (!this.#asides[binding.index]) {
      invocation.goAside();
      // The invocation keeps its Context. What returned a promise once will do so again: from now on it begins aside.
      this.#asides[binding.index] = true;
    }
    this.occupy(entity);
    if (entity.waiting !== undefined) entity.waiting.pendingInput = input;
    this.busyCount++;
    if (!inTable) this.#keep(entity);
    const settle = (failed: boolean, error: unknown): void => {
      this.#settled.push({ invocation, failed, error });
      this.onSettled();
    };
    result.then(
      () => settle(false, undefined),
      (error: unknown) => settle(true, error),
    );
  }

  /** Carries out the effects of async invocations that have ended since, and goes on with what waited for them. */
  settle(): number {
    const { operations } = this.#place;
    const operationCount = operations.hasWork ? operations.work() : 0;
    if (this.#settled.length === 0) return operationCount;
    const settled = this.#settled;
    this.#settled = [];
    for (const { invocation, failed, error } of settled) {
      const { entity } = invocation;
      const binding = this.#place.directory.bindings[entity.functionIndex];
      if (failed) this.#reportFailure(binding, invocation, error);
      else invocation.apply();
      this.busyCount--;
      if (entity.waiting !== undefined) entity.waiting.pendingInput = undefined;
      this.#finish(entity, invocation, true);
      this.#deliverHeld(binding, entity);
    }
    return operationCount + settled.length;
  }

  /** Messages that waited, in order (I4), until one of them makes the entity busy again. */
  #deliverHeld(binding: FunctionBinding, entity: Entity): void {
    assert(entity.isBusy, 'an entity is busy until its waiting line is empty (I4)');
    const { lines } = this.#place;
    for (let held = lines.take(entity); held !== undefined; held = lines.take(entity)) {
      const { message, sourceType, sourceId, form, meta } = held;
      const ended = this.invoke(binding, entity, true, message, sourceType, sourceId, form, meta);
      if (!ended) return;
    }
    entity.waiting = undefined;
    this.busy.delete(entity);
    this.forgetVacant(entity);
  }

  #keep(entity: Entity): void {
    entity.detachId();
    this.entities.add(entity);
  }

  /** An entity that holds nothing, and whose store entry says the same, need not be kept. */
  forgetVacant(entity: Entity): void {
    if (entity.isVacant && !this.#place.rows.dirty.pins(entity)) this.entities.remove(entity);
  }

  /** Tells the asker who waits, or else the engine's error listeners. */
  #reportFailure(binding: FunctionBinding, invocation: Invocation, error: unknown): void {
    const { entity, sourceType } = invocation;
    const asker = sourceType === TYPE_ASKER ? invocation.sourceId() : '';
    this.#place.effects.addForCoordinator(KIND_FAILURE, sourceType, asker, failureOf(error), binding.index, entity.id);
  }
}
