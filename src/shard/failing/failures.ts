/**
 * What becomes of a message whose invocation has failed, as the policy of its function says: another attempt after a
 * pause, the dead letters, or the end of the engine. What this does is part of the turn that consumes the message, and
 * so of the same cut (I6). It never invokes anything.
 */
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import { type Address, invalidId } from '../../sdk/address.ts';
import type { DeadLetterError } from '../../sdk/dead-letter.ts';
import { describe, MillraceError } from '../../sdk/errors.ts';
import { hashId } from '../../keys/id-hash.ts';
import type { Entity } from '../../state/entity.ts';
import { KIND_FAILURE, TYPE_ASKER, TYPE_NONE, TYPE_UNKNOWN } from '../../wire/envelope-layout.ts';
import { type MessageMeta, withoutTarget } from '../../wire/message-meta.ts';
import { BackOff } from './back-off.ts';
import { DeadLetterRows, errorToKeep } from './dead-letters.ts';
import {
  EFFECT_ID,
  EFFECT_META,
  EFFECT_SOURCE_ID,
  EFFECT_SOURCE_TYPE,
  EFFECT_TYPE,
  type Effects,
} from '../invocation/effects.ts';
import { failureOf } from './failure.ts';
import { type Directory, type FunctionBinding, tooManyTypes } from '../function-binding.ts';
import type { Rows } from '../rows/rows.ts';
import type { Parking } from './parking.ts';
import { Quarantine } from './quarantine.ts';
import type { Undelivered } from '../delivery/undelivered.ts';

/** What it needs of its shard. */
export interface FailuresPlace {
  readonly clock: Clock;
  readonly random: Random;
  readonly rows: Rows;
  readonly directory: Directory;
  readonly effects: Effects;
  readonly parking: Parking;
}

export class Failures {
  readonly backOff: BackOff;
  readonly deadLetters: DeadLetterRows;
  readonly parking: Parking;
  readonly #place: FailuresPlace;
  readonly #quarantine: Quarantine;

  constructor(place: FailuresPlace, isDurable: boolean) {
    this.#place = place;
    this.parking = place.parking;
    this.backOff = new BackOff(place.clock, place.random);
    this.deadLetters = new DeadLetterRows(place.rows, isDurable, place.random);
    this.#quarantine = new Quarantine(place.directory, place.effects);
    place.effects.onInvalidId = (at) => this.#misaddressed(at);
    place.effects.onUnknownType = (at) => this.#numbered(at);
  }

  /** Whether somebody may be tried again, or go on. */
  get hasWork(): boolean {
    return this.backOff.dueInMs === 0 || this.parking.hasWork;
  }

  /** An attempt has failed: the meta of the message for the next one, or undefined if that was the last. */
  next({ failure }: FunctionBinding, meta: MessageMeta | undefined): MessageMeta | undefined {
    if (failure.attempts === 1) return undefined;
    const attempts = (meta?.attempts ?? 0) + 1;
    if (attempts >= failure.attempts) return undefined;
    return { ...meta, attempts, firstFailedAt: meta?.firstFailedAt ?? this.#place.clock.now() };
  }

  /**
   * The last attempt has failed. Throws `FUNCTION_FAILED` if the engine is to stop. Returns whether the address goes on;
   * if not, it is parked.
   */
  giveUp(binding: FunctionBinding, entity: Entity, failed: Undelivered, thrown: unknown): boolean {
    const { type, failure } = binding;
    const { id } = entity;
    if (failure.otherwise === 'stop') throw functionFailed(type, id, thrown);
    const error = errorToKeep(thrown);
    const isParked = failure.otherwise === 'park';
    if (isParked) this.#park(binding, entity, failed, error);
    else this.#bury(type, id, entity.hash, failed, error);
    this.#report(binding, id, failed, thrown);
    return !isParked;
  }

  #park(binding: FunctionBinding, entity: Entity, failed: Undelivered, error: DeadLetterError): void {
    const attempts = (failed.meta?.attempts ?? 0) + 1;
    this.parking.park(binding, entity, failed, error, attempts);
    const address = { type: binding.type, id: entity.id };
    const { now: failedAt } = this.#times(failed.meta);
    this.#quarantine.tell({ kind: 'parked', address, error, attempts, failedAt }, failed.meta);
  }

  /** One message too many for a parked address. Who asked is told; for all others it is a dead letter. */
  refused({ type, failure }: FunctionBinding, { id, hash }: Entity, message: Undelivered): void {
    const what = `${type} ${describe(id)} is parked, and ${failure.parkedCountMax} messages wait for it already`;
    const reason = new MillraceError('ADDRESS_PARKED', what, { details: { type, id } });
    this.#bury(type, id, hash, message, errorToKeep(reason));
    const { sourceType, sourceId } = message;
    if (sourceType !== TYPE_ASKER) return;
    this.#place.effects.addForCoordinator(KIND_FAILURE, TYPE_ASKER, sourceId, failureOf(reason), TYPE_UNKNOWN, id);
  }

  /** Tells the asker who waits, or else the engine's error listeners. */
  #report({ index }: FunctionBinding, id: string, { sourceType, sourceId }: Undelivered, thrown: unknown): void {
    const asker = sourceType === TYPE_ASKER ? sourceId : '';
    this.#place.effects.addForCoordinator(KIND_FAILURE, sourceType, asker, failureOf(thrown), index, id);
  }

  /** A message to a type that the module does not have. */
  unknownTarget(
    id: string,
    message: unknown,
    sourceType: number,
    sourceId: string,
    meta: MessageMeta | undefined,
  ): void {
    const type = meta?.to ?? '';
    const sourceName = this.#place.directory.typeName(sourceType);
    const source = sourceName === undefined ? meta?.from : { type: sourceName, id: sourceId };
    const from = source === undefined ? 'from outside' : `from ${source.type} ${describe(source.id)}`;
    const details = { type, id, ...(source && { sourceType: source.type, sourceId: source.id }) };
    const isMisaddressed = id === '';
    const reason = isMisaddressed
      ? new MillraceError('INVALID_ID', `A message ${from} is for ${type} and no id.`, { details })
      : this.#unknownType(`A message ${from} is for ${type} ${describe(id)}`, type, details);
    this.undeliverable({ type, id }, source, message, withoutTarget(meta), reason);
    // Where it was sent, listeners have heard what was given for an id.
    if (!isMisaddressed) this.#tellListeners(reason, id);
  }

  #unknownType(what: string, type: string, details: Record<string, string>): MillraceError {
    // Its namespace has a function, but no room for one more type: see `findFunction`.
    return this.#place.directory.serves(type)
      ? new MillraceError('TOO_MANY_TYPES', `${what}. ${tooManyTypes(type).message}`, { details })
      : new MillraceError('UNKNOWN_TARGET', `${what}, a type unknown`, { details });
  }

  /**
   * A message to a type of a namespace that was new when it was sent gets a number now: what an invocation has sent that
   * did not return takes none from the others. Without room it goes on as one to a type that nobody has.
   */
  #numbered(at: number): void {
    const { directory, effects } = this.#place;
    const { slots } = effects;
    const meta = slots[at + EFFECT_META] as MessageMeta | undefined;
    const number = meta?.to === undefined ? undefined : directory.findFunction(meta.to);
    if (number === undefined) return;
    slots[at + EFFECT_TYPE] = number;
    slots[at + EFFECT_META] = withoutTarget(meta);
  }

  /**
   * An effect of user code whose id is none. That is found when the invocation is over and what it did stays, so the
   * message goes where those for unknown types go, as one to the empty id, and becomes a dead letter there.
   */
  #misaddressed(at: number): void {
    const { directory, effects } = this.#place;
    const { slots } = effects;
    const given = slots[at + EFFECT_ID];
    const meta = slots[at + EFFECT_META] as MessageMeta | undefined;
    const to = meta?.to ?? directory.typeName(slots[at + EFFECT_TYPE] as number);
    slots[at + EFFECT_TYPE] = TYPE_UNKNOWN;
    slots[at + EFFECT_ID] = '';
    slots[at + EFFECT_META] = { ...meta, to };
    const sourceType = directory.typeName(slots[at + EFFECT_SOURCE_TYPE] as number) ?? '';
    const sourceId = slots[at + EFFECT_SOURCE_ID] as string;
    const { message } = invalidId(given);
    const what = `${sourceType} ${describe(sourceId)} has sent a message to ${to}. ${message}`;
    this.#tellListeners(
      new MillraceError('INVALID_ID', what, { details: { type: to, sourceType, sourceId } }),
      sourceId,
    );
  }

  #tellListeners(reason: MillraceError, id: string): void {
    this.#place.effects.addForCoordinator(KIND_FAILURE, TYPE_NONE, '', failureOf(reason), TYPE_UNKNOWN, id);
  }

  /**
   * A message that nobody can be given: its target is of a type that the module does not have, for instance. `source`
   * says who sent it, by name, since that may be unknown as well.
   */
  undeliverable(
    target: Address,
    source: Address | undefined,
    message: unknown,
    meta: MessageMeta | undefined,
    reason: MillraceError,
  ): void {
    const { type, id } = target;
    const { now } = this.#times(meta);
    const deadLetter = this.deadLetters.add({
      type,
      id,
      hash: hashId(id),
      source,
      message,
      meta,
      error: errorToKeep(reason),
      attempts: 0,
      firstFailedAt: now,
      failedAt: now,
    });
    const failure = { error: errorToKeep(reason), attempts: 0, failedAt: now };
    this.#quarantine.tell({ kind: 'dead-letter', address: target, deadLetter, ...failure }, meta);
  }

  #bury(type: string, id: string, hash: number, failed: Undelivered, error: DeadLetterError): void {
    const { message, sourceType, sourceId, meta } = failed;
    const { now, first } = this.#times(meta);
    const attempts = (meta?.attempts ?? 0) + 1;
    const sourceName = this.#place.directory.typeName(sourceType);
    const deadLetter = this.deadLetters.add({
      type,
      id,
      hash,
      source: sourceName === undefined ? undefined : { type: sourceName, id: sourceId },
      message,
      meta,
      error,
      attempts,
      firstFailedAt: first,
      failedAt: now,
    });
    const address = { type, id };
    this.#quarantine.tell({ kind: 'dead-letter', address, deadLetter, error, attempts, failedAt: now }, meta);
  }

  #times(meta: MessageMeta | undefined): { readonly now: number; readonly first: number } {
    const now = Math.floor(this.#place.clock.now());
    return { now, first: meta?.firstFailedAt ?? now };
  }
}

function functionFailed(type: string, id: string, thrown: unknown): MillraceError {
  const { name, message, stack } = failureOf(thrown);
  const what = `${type} ${describe(id)} threw ${name}: ${message}`;
  return new MillraceError('FUNCTION_FAILED', what, {
    cause: thrown,
    details: { type, id, error: `${name}: ${message}`, stack: stack ?? '' },
  });
}
