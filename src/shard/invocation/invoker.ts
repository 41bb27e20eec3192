/**
 * Runs invocations: in place to their end, or on the side until their promise settles; and keeps the entities for which
 * that left something to keep. At most one invocation per address is under way; what comes meanwhile waits in the order
 * in which it came (I4). Everything here happens on the shard's thread, within its turns.
 */
import { assert } from '../../base/assert.ts';
import { type Entity, WaitingLine } from '../../state/entity.ts';
import type { EntityTable } from '../../state/entity-table.ts';
import { TYPE_NONE } from '../../wire/envelope-layout.ts';
import type { MessageMeta } from '../../wire/message-meta.ts';
import { copyMessage } from '../../wire/structured-data.ts';
import { type EndedInvocation, EndedInvocations, type GivenMessage } from './ended-invocations.ts';
import { hasState } from './existence.ts';
import type { Failures } from '../failing/failures.ts';
import type { FunctionBinding } from '../function-binding.ts';
import { newInvocation } from './guarded-invocation.ts';
import type { HeldWork } from '../delivery/held-work.ts';
import { InvocationContexts } from './invocation-contexts.ts';
import type { Invocation } from './invocation.ts';
import type { EncodeInput } from '../durable/unfinished-work.ts';
import type { Workplace } from '../workplace.ts';

/** Messages of one line that are handled in a row before others get a turn (I10). */
const HELD_COUNT_MAX = 256;

export class Invoker {
  readonly entities: EntityTable;
  /** Async invocations that are under way. */
  busyCount = 0;
  /** Messages whose invocation has ended, modulo 2^32. */
  finishedCount = 0;
  readonly held: HeldWork;
  /** Called when an async invocation has ended and a turn is due. */
  onSettled: () => void = () => {};

  readonly #place: Workplace;
  readonly #failures: Failures;
  readonly #prepared: InvocationContexts;
  readonly #contexts: Invocation[];
  readonly #asides: boolean[];
  readonly #encodeInput: EncodeInput | undefined;
  readonly ended: EndedInvocations;

  /** `encodeInput` is given where checkpoints are made. */
  constructor(place: Workplace, entities: EntityTable, encodeInput: EncodeInput | undefined) {
    this.#place = place;
    this.#failures = place.failures;
    this.entities = entities;
    this.held = place.held;
    place.held.async.onSettled = () => this.onSettled();
    this.ended = new EndedInvocations(place);
    this.ended.onEnded = () => this.onSettled();
    this.#encodeInput = encodeInput;
    this.#prepared = new InvocationContexts(place);
    this.#contexts = this.#prepared.inPlace;
    this.#asides = this.#prepared.asides;
  }

  /** Whether something is under way whose end comes through the event loop. */
  get isWaiting(): boolean {
    return this.busyCount > 0 || this.held.async.pendingCount > 0;
  }

  /** How long there is nothing to do if nothing comes. */
  get restMs(): number {
    return Math.min(this.#failures.backOff.dueInMs, this.ended.dueInMs, this.held.trials.restMs);
  }

  get hasSettled(): boolean {
    return this.ended.hasWork || this.held.hasWork || this.#failures.hasWork;
  }

  /** From here on messages to this entity wait. */
  occupy(entity: Entity): WaitingLine {
    this.held.busy.add(entity);
    return (entity.waiting ??= new WaitingLine());
  }

  /**
   * Runs one message to its end, or to its first await; returns whether it has ended. `inTable` says whether the entity
   * is kept already. A message that is only for who has state comes to nobody if there is none.
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
    if (meta?.ifExists === true && !hasState(entity, binding, this.#place.clock)) {
      this.finishedCount = (this.finishedCount + 1) | 0;
      return true;
    }
    if (binding.index >= this.#contexts.length) this.#prepared.prepare();
    const aside = this.#asides[binding.index];
    if (this.held.mustWait(binding, entity, aside)) {
      this.occupy(entity);
      if (!inTable) this.#keep(entity);
      this.held.lines.postpone(entity, { message, sourceType, sourceId, form, meta }, this.#place.reader);
      return false;
    }
    const invocation = aside ? newInvocation(this.#place, binding, true) : this.#contexts[binding.index];
    invocation.begin(entity, sourceType, sourceId, meta);
    entity.use(this.#place.rows.dirty.epoch);
    // Whoever is tried again gets what was sent, whatever the function has made of it.
    const kept = binding.failure.attempts === 1 ? message : copyMessage(message);
    if (aside) invocation.goAside();
    let input = aside ? this.#encodeInput?.(invocation, message, form) : undefined;
    let result: void | Promise<void>;
    if (binding.deadlineMs !== undefined) this.ended.begin();
    try {
      this.#place.suspects.enter(binding, entity, message);
      result = binding.fn.invoke(invocation as never, message);
      // Whatever has a `then` is adopted by a promise of our own, which settles once and calls back later.
      if (typeof result === 'object' && result !== null && typeof result.then === 'function') {
        result = Promise.resolve(result);
      }
    } catch (error) {
      const hasEnded = this.#onFailed(invocation, inTable, { message: kept, form, error });
      if (binding.deadlineMs !== undefined) this.ended.ended(binding, entity);
      return hasEnded;
    }
    if (result instanceof Promise) {
      input ??= this.#encodeInput?.(invocation, kept, form);
      this.#awaitEnd(binding, entity, invocation, inTable, input);
      this.ended.watch(result, invocation, kept, form);
      return false;
    }
    if (binding.deadlineMs !== undefined) this.ended.ended(binding, entity);
    invocation.apply();
    this.#finish(entity, invocation, inTable);
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
    input: Uint8Array | undefined,
  ): void {
    if (!this.#asides[binding.index]) {
      invocation.goAside();
      // The invocation keeps its Context. What returned a promise once will do so again: from now on it begins aside.
      this.#asides[binding.index] = true;
    }
    this.occupy(entity).pendingInput = input;
    this.#place.suspects.began(entity);
    this.busyCount++;
    this.held.bounds.begin(binding);
    if (!inTable) this.#keep(entity);
  }

  /** Carries out the effects of async invocations that have ended since, and tries again what is due. */
  settle(): number {
    let count = this.held.async.hasWork ? this.held.async.work() : 0;
    count += this.#admitAll(this.#failures.backOff.takeDue()) + this.#admitAll(this.held.takeReady());
    count += this.ended.carryOut(this.#settle);
    return count;
  }

  #admitAll(entities: readonly Entity[]): number {
    for (const entity of entities) this.admit(entity);
    return entities.length;
  }

  readonly #settle = (ended: EndedInvocation): void => {
    const { invocation } = ended;
    const { entity } = invocation;
    this.busyCount--;
    this.#place.suspects.ended(entity);
    this.held.bounds.end(this.#place.directory.bindings[entity.functionIndex]);
    if (entity.waiting !== undefined) entity.waiting.pendingInput = undefined;
    if (ended.failed) {
      if (!this.#onFailed(invocation, true, ended)) return;
    } else {
      invocation.apply();
      this.finishedCount = (this.finishedCount + this.held.batches.end(entity)) | 0;
      this.#finish(entity, invocation, true);
    }
    this.admit(entity);
  };

  /**
   * Nothing that it did has happened. Returns whether its entity goes on; if not, it is parked, or the message waits
   * first in its line for the next attempt, where a checkpoint finds it. A batch is no attempt of any of its messages.
   */
  #onFailed(invocation: Invocation, inTable: boolean, { message, form, error }: GivenMessage): boolean {
    invocation.takeBack();
    const { entity, sourceType, meta } = invocation;
    const binding = this.#place.directory.bindings[entity.functionIndex];
    const sourceId = sourceType === TYPE_NONE ? '' : invocation.sourceId();
    const failed = { message, sourceType, sourceId, form, meta };
    if (this.held.batches.putBack(entity, failed)) {
      invocation.end();
      return true;
    }
    const next = this.#failures.next(binding, meta);
    if (next === undefined) {
      const goesOn = this.#failures.giveUp(binding, entity, failed, error);
      this.#finish(entity, invocation, inTable);
      return goesOn;
    }
    invocation.end();
    this.occupy(entity);
    this.held.lines.putBack(entity, message, sourceType, sourceId, form, next);
    if (!inTable) this.#keep(entity);
    this.#failures.backOff.add(entity, next.attempts ?? 1, binding.failure.backoff);
    return false;
  }

  /**
   * An entity goes on, since its state has come or a pause or an invocation is over: with the messages that waited, in
   * order (I4), until one of them makes it busy again, or it is the turn of others of its function (not, `isItsTurn`).
   */
  admit(entity: Entity, isItsTurn = false): void {
    const binding = this.#place.directory.bindings[entity.functionIndex];
    assert(entity.isBusy, 'an entity is busy until its waiting line is empty (I4)');
    const { lines, bounds } = this.held;
    for (let count = 0; ; count++) {
      const isOthersTurn = bounds.crowded[binding.index] === 1 && !(isItsTurn && count === 0);
      if ((isOthersTurn || count === HELD_COUNT_MAX) && lines.waitsFor(entity)) {
        bounds.makeReady(binding, entity);
        return;
      }
      const next = lines.take(entity);
      if (next === undefined) break;
      const { message, sourceType, sourceId, form, meta } = next;
      if (!this.invoke(binding, entity, true, message, sourceType, sourceId, form, meta)) return;
    }
    if (this.#place.parking.rest(entity)) return;
    entity.waiting = undefined;
    this.held.busy.delete(entity);
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
}
