/**
 * Runs invocations: in place to their end, or on the side until their promise settles; and keeps the entities for which
 * that left something to keep. At most one invocation per address is under way; what comes meanwhile waits in the order
 * in which it came (I4). Everything here happens on the shard's thread, within its turns.
 */
import { assert } from '../base/assert.ts';
import type { Epoch } from '../base/brand.ts';
import { type Entity, WaitingLine } from '../state/entity.ts';
import { EntityTable } from '../state/entity-table.ts';
import { KIND_FAILURE, TYPE_ASKER } from '../wire/envelope-layout.ts';
import { failureOf } from './failure.ts';
import type { FunctionBinding } from './function-binding.ts';
import { Invocation, type Workplace } from './invocation.ts';

/** An invocation on the side whose promise has settled. */
interface Settled {
  readonly invocation: Invocation;
  readonly error: unknown;
  readonly failed: boolean;
}

export class Invoker {
  readonly entities: EntityTable = new EntityTable();
  /** Async invocations that are under way. */
  busyCount = 0;
  /** Messages that wait for busy entities. */
  heldCount = 0;
  /** Messages whose invocation has ended, modulo 2^32. */
  finishedCount = 0;
  /** The epoch in which cells are written; only grows (I8). Stays 0 until there are checkpoints. */
  epoch: Epoch = 0 as Epoch;
  /** Called when an async invocation has ended and a turn is due. */
  onSettled: () => void = () => {};

  readonly #place: Workplace;
  /** The Context of each function's invocations in place. */
  readonly #contexts: Invocation[];
  #settled: Settled[] = [];

  constructor(place: Workplace) {
    this.#place = place;
    this.#contexts = place.directory.bindings.map((binding) => new Invocation(place, binding));
  }

  get hasSettled(): boolean {
    return this.#settled.length > 0;
  }

  /** Keeps a message until its entity is no longer busy. */
  hold(entity: Entity, message: unknown, sourceType: number, sourceId: string): void {
    assert(entity.waiting !== undefined, 'messages wait for a busy entity only (I4)');
    entity.waiting.add(message, sourceType, sourceId);
    this.heldCount++;
  }

  /**
   * Runs one message to its end, or to its first await; returns whether it has ended. `inTable` says whether the entity
   * is kept already.
   */
  invoke(
    binding: FunctionBinding,
    entity: Entity,
    inTable: boolean,
    message: unknown,
    sourceType: number,
    sourceId: string,
  ): boolean {
    const invocation = binding.isAsync ? new Invocation(this.#place, binding) : this.#contexts[binding.index];
    invocation.begin(entity, sourceType, sourceId);
    if (binding.isAsync) invocation.goAside();
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
      this.#awaitEnd(binding, entity, invocation, inTable, result);
      return false;
    }
    this.#finish(entity, invocation, inTable);
    return true;
  }

  /** The invocation has returned: what it did stays. Keeps the entity or forgets it. */
  #finish(entity: Entity, invocation: Invocation, inTable: boolean): void {
    if (invocation.wrote) entity.dirtyEpoch = this.epoch;
    invocation.end();
    this.finishedCount = (this.finishedCount + 1) | 0;
    const vacant = entity.isVacant;
    if (inTable === vacant) {
      if (vacant) this.entities.remove(entity);
      else this.entities.add(entity);
    }
  }

  #awaitEnd(
    binding: FunctionBinding,
    entity: Entity,
    invocation: Invocation,
    inTable: boolean,
    result: Promise<void>,
  ): void {
    if (!binding.isAsync) {
      invocation.goAside();
      // The invocation keeps its Context; the next one in place gets a new one.
      this.#contexts[binding.index] = new Invocation(this.#place, binding);
    }
    entity.waiting ??= new WaitingLine();
    this.busyCount++;
    if (!inTable) this.entities.add(entity);
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
    if (this.#settled.length === 0) return 0;
    const settled = this.#settled;
    this.#settled = [];
    for (const { invocation, failed, error } of settled) {
      const { entity } = invocation;
      const binding = this.#place.directory.bindings[entity.functionIndex];
      if (failed) this.#reportFailure(binding, invocation, error);
      else invocation.apply();
      this.busyCount--;
      this.#finish(entity, invocation, true);
      this.#deliverHeld(binding, entity);
    }
    return settled.length;
  }

  /** Messages that waited, in order (I4), until one of them makes the entity busy again. */
  #deliverHeld(binding: FunctionBinding, entity: Entity): void {
    const line = entity.waiting;
    assert(line !== undefined, 'an entity is busy until its waiting line is empty (I4)');
    for (let held = line.take(); held !== undefined; held = line.take()) {
      this.heldCount--;
      const ended = this.invoke(binding, entity, true, held.message, held.sourceType, held.sourceId);
      if (!ended) return;
    }
    entity.waiting = undefined;
    if (entity.isVacant) this.entities.remove(entity);
  }

  /** Tells the asker who waits, or else the engine's error listeners. */
  #reportFailure(binding: FunctionBinding, invocation: Invocation, error: unknown): void {
    const { entity, sourceType } = invocation;
    const asker = sourceType === TYPE_ASKER ? invocation.sourceId() : '';
    this.#place.effects.addForCoordinator(KIND_FAILURE, sourceType, asker, failureOf(error), binding.index, entity.id);
  }
}
