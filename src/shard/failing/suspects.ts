/**
 * Messages that may end the thread they are handled on. The shard leaves word of each invocation that it begins
 * (`metrics/lookout.ts`), and of those for an address at which a thread has died, so much that the message is known
 * again: its fingerprint. A message that has killed so often that it is to be kept from its function fails here instead,
 * and its function's failure policy says what becomes of it.
 */
import type { Clock } from '../../base/clock.ts';
import { keyGroupOfHash, type keyGroupRange } from '../../keys/key-group.ts';
import type { Lookout } from '../../metrics/lookout.ts';
import { NO_SLOT } from '../../metrics/under-way.ts';
import { describe, MillraceError } from '../../sdk/errors.ts';
import type { Entity } from '../../state/entity.ts';
import type { PayloadCodec } from '../../wire/payload-codec.ts';
import { formOf } from '../../wire/structured-data.ts';
import type { FunctionBinding } from '../function-binding.ts';
import { Trials } from './trials.ts';

/** An address at which a thread has died. */
export interface Suspect {
  readonly functionIndex: number;
  readonly hash: number;
  /** Of the message, when it has been taken; 0 before. */
  readonly fingerprint: number;
  readonly deathCount: number;
  /** It was under way when a thread died between its turns, perhaps of another one. */
  readonly isTried: boolean;
  /** The message is not to be handled any more. */
  readonly isQuarantined: boolean;
}

/** What goes on when its invocation has returned. */
interface Operation {
  readonly entity: Pick<Entity, 'functionIndex' | 'hash' | 'id'> | undefined;
  readonly fingerprint: number;
  /** Where it is noted that it is under way. */
  slot: number;
}

export interface SuspectsPlace {
  readonly lookout: Lookout;
  readonly codec: PayloadCodec;
  readonly clock: Clock;
  /** Those of the shard. */
  readonly keyGroups: ReturnType<typeof keyGroupRange>;
}

export class Suspects {
  readonly #lookout: Lookout;
  readonly #suspects: readonly Suspect[];
  readonly #codec: PayloadCodec;
  readonly #isAny: boolean;
  readonly trials: Trials;
  /** Of the message whose invocation begins, goes on or ends; 0 if nobody took it. */
  fingerprint = 0;

  constructor(place: SuspectsPlace, suspects: readonly Suspect[]) {
    const { lookout, codec, clock, keyGroups } = place;
    this.#lookout = lookout;
    this.#suspects = suspects;
    this.#codec = codec;
    this.#isAny = suspects.length > 0;
    const own = suspects.filter(({ hash }) => {
      const group = keyGroupOfHash(hash);
      return group >= keyGroups.first && group < keyGroups.end;
    });
    const tried = own.filter(({ isTried, isQuarantined }) => isTried && !isQuarantined);
    this.trials = new Trials(tried, lookout.underWay, clock);
  }

  /** An invocation begins. Throws `MESSAGE_QUARANTINED` if it must not. */
  enter(binding: FunctionBinding, entity: Entity, message: unknown): void {
    this.#lookout.enter(binding.index, entity.hash);
    if (this.#isAny) this.#examine(binding, entity, message);
  }

  /** Whether a thread has died at this address: its messages are handled one by one, so that the one is found. */
  isSuspect({ index }: FunctionBinding, { hash }: Entity): boolean {
    return this.#suspects.some((suspect) => suspect.functionIndex === index && suspect.hash === hash);
  }

  /** The invocation that was entered goes on when its turn is over. */
  began({ functionIndex, hash, waiting }: Entity): void {
    if (waiting !== undefined) waiting.slot = this.#lookout.underWay.add(functionIndex, hash, this.fingerprint);
  }

  /** It has ended, or was given up; what it has registered is still to be carried out. */
  ended(entity: Entity): void {
    const { waiting } = entity;
    if (waiting === undefined) return;
    this.fingerprint = this.#lookout.underWay.fingerprintAt(waiting.slot);
    this.#lookout.underWay.remove(waiting.slot);
    waiting.slot = NO_SLOT;
    if (waiting.count === 0) this.trials.tried(entity);
  }

  /** One that is begun by calling its function. */
  enterOperation(operation: Operation): void {
    const { entity, fingerprint } = operation;
    if (entity === undefined) return;
    this.#lookout.enter(entity.functionIndex, entity.hash);
    if (fingerprint !== 0) this.#lookout.mark(fingerprint, entity.id);
    else if (this.#isAny) this.#lookout.unmark();
    this.operationBegan(operation);
  }

  leave(): void {
    this.#lookout.leave();
  }

  operationBegan(operation: Operation): void {
    const { entity, fingerprint } = operation;
    if (entity !== undefined)
      operation.slot = this.#lookout.underWay.add(entity.functionIndex, entity.hash, fingerprint);
  }

  operationEnded(operation: Operation): void {
    this.#lookout.underWay.remove(operation.slot);
    if (operation.entity !== undefined) this.trials.tried(operation.entity);
  }

  #examine({ index, type }: FunctionBinding, { hash, id }: Entity, message: unknown): void {
    this.#lookout.unmark();
    this.fingerprint = 0;
    const here = this.#suspects.filter((suspect) => suspect.functionIndex === index && suspect.hash === hash);
    if (here.length === 0) return;
    const fingerprint = this.#fingerprintOf(message);
    for (const { isQuarantined, deathCount, fingerprint: known } of here) {
      if (!isQuarantined || known !== fingerprint) continue;
      const what = `A message for ${type} ${describe(id)} has ended the thread that handled it ${deathCount} times in a row`;
      throw new MillraceError('MESSAGE_QUARANTINED', what, { details: { type, id, deathCount } });
    }
    this.fingerprint = fingerprint;
    this.#lookout.mark(fingerprint, id);
  }

  /** FNV-1a over what the message is encoded as; never 0. */
  #fingerprintOf(message: unknown): number {
    this.#codec.encode(message, formOf(message));
    const { bytes, byteLength } = this.#codec;
    let hash = 0x811c9dc5 | 0;
    for (let index = 0; index < byteLength; index++) hash = Math.imul(hash ^ bytes[index], 0x01000193);
    return hash === 0 ? 1 : hash;
  }
}
