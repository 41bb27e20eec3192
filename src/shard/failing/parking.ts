/**
 * Parked addresses of a shard: those whose function parks them when a message has failed for the last time. Their
 * messages wait in rows, the one that failed first, until somebody lets them go on; so they cost no checkpoint anything
 * but what is new, and move with their key group. The entity of a parked address is busy (I4): what comes for it is held,
 * and that is here.
 *
 * ```
 *   the prefix of the address                    its record: error, attempts, numbers of its messages
 *   the prefix of the address, number (48 BE)    a message that waits
 *   the prefix of the key group alone            the parked addresses of the group: what a start has to look for
 * ```
 *
 * When an address goes on, its messages are taken one after the other and are in flight like any other. One that is in
 * flight when a checkpoint cuts comes again marked as `unparked`, and goes before those that still wait.
 */
import type { Clock } from '../../base/clock.ts';
import { hashId } from '../../keys/id-hash.ts';
import { keyGroupOfHash } from '../../keys/key-group.ts';
import type { DeadLetterError } from '../../sdk/dead-letter.ts';
import { Entity } from '../../state/entity.ts';
import type { EntityTable } from '../../state/entity-table.ts';
import { groupPrefix, rowPrefix } from '../../state/row.ts';
import { SECTION_PARKED } from '../../store/key-layout.ts';
import { formOf } from '../../wire/structured-data.ts';
import { decodeTagged } from '../../wire/tagged-value.ts';
import { encodeMessage, withoutAttempts } from './dead-letters.ts';
import type { Effects } from '../invocation/effects.ts';
import type { Undelivered } from '../delivery/undelivered.ts';
import type { Directory, FunctionBinding } from '../function-binding.ts';
import { ParkedAddress, type ParkedMessage, type ParkedRecord } from './parked-address.ts';
import type { Rows } from '../rows/rows.ts';
import type { WaitingLines } from '../delivery/waiting-lines.ts';

/** Numbers of messages begin here, since some come to be before the first. */
const FIRST_NUMBER = 2 ** 40;
/** Addresses that go on in one turn, with one message each (I10). */
const GO_ON_COUNT = 64;

export interface ParkingPlace {
  readonly clock: Clock;
  readonly rows: Rows;
  readonly directory: Directory;
  readonly effects: Effects;
  /** The shard's. */
  readonly keyGroups: { readonly first: number; readonly end: number };
}

/** What it has done for it, by those who know entities. */
export interface ParkingHooks {
  readonly entities: EntityTable;
  readonly lines: WaitingLines;
  occupy(entity: Entity): void;
  /** A message has come to its end. */
  finished(): void;
  /** The entity goes on with its line. */
  admit(entity: Entity): void;
  /** Has the state of an entity fetched, which then goes on; false if there is none to fetch. */
  fetch(entity: Entity): boolean;
  /** One message too many waits for a parked address. */
  refused(binding: FunctionBinding, entity: Entity, message: Undelivered): void;
}

export class Parking {
  readonly addresses: Set<ParkedAddress> = new Set();
  readonly #place: ParkingPlace;
  #hooks: ParkingHooks | undefined;
  #ready: ParkedAddress[] = [];
  #ordinal = 0;

  constructor(place: ParkingPlace) {
    this.#place = place;
  }

  /** From now on it works; takes up what was parked at the last commit. */
  attach(hooks: ParkingHooks): void {
    this.#hooks = hooks;
    const { keyGroups, rows, directory } = this.#place;
    for (let keyGroup = keyGroups.first; keyGroup < keyGroups.end; keyGroup++) {
      const index = (rows.get(groupPrefix(SECTION_PARKED, keyGroup)) ?? []) as readonly (readonly [string, string])[];
      for (const [type, id] of index) {
        const number = directory.findFunction(type);
        // What the module no longer has stays where it is.
        if (number !== undefined) this.#restore(hooks, directory.binding(number), id);
      }
    }
  }

  #restore(hooks: ParkingHooks, binding: FunctionBinding, id: string): void {
    const entity = new Entity(binding.index, hashId(id), id);
    const record = this.#place.rows.get(rowPrefix(SECTION_PARKED, binding.type, entity.hash, id)) as ParkedRecord;
    hooks.entities.add(entity);
    const address = this.#occupy(hooks, entity, binding, record, false);
    if (record.isGoingOn) this.#goOn(address);
  }

  #occupy(
    hooks: ParkingHooks,
    entity: Entity,
    binding: FunctionBinding,
    record: ParkedRecord,
    isLoaded: boolean,
  ): ParkedAddress {
    hooks.occupy(entity);
    const address = new ParkedAddress(entity, binding, record, this.#ordinal++, isLoaded, this.#held);
    if (entity.waiting !== undefined) entity.waiting.parked = address;
    this.addresses.add(address);
    return address;
  }

  /** A message to this entity has failed for the last time: it waits here, and so does all that waits for it. */
  park(binding: FunctionBinding, entity: Entity, failed: Undelivered, error: DeadLetterError, attempts: number): void {
    const hooks = this.#hooks as ParkingHooks;
    const parkedAt = Math.floor(this.#place.clock.now());
    const known = entity.waiting?.parked as ParkedAddress | undefined;
    const numbers = known?.record ?? { first: FIRST_NUMBER, next: FIRST_NUMBER };
    const first = numbers.first - 1;
    const record = { error, attempts, parkedAt, first, next: numbers.next, isGoingOn: false };
    if (known === undefined) this.#changeIndex(binding, entity, true);
    else if (known.record.isGoingOn) hooks.finished();
    const address = known ?? this.#occupy(hooks, entity, binding, record, true);
    address.isUnderWay = false;
    this.#save(address, record);
    this.#write(address, first, failed);
    for (let held = hooks.lines.take(entity); held !== undefined; held = hooks.lines.take(entity)) {
      this.#held(address, held);
    }
  }

  /** A message has come for a parked address. */
  readonly #held = (address: ParkedAddress, message: Undelivered): void => {
    const hooks = this.#hooks as ParkingHooks;
    const { record, binding, entity } = address;
    if (message.meta?.unparked === true) {
      this.#save(address, { ...record, first: record.first - 1 });
      this.#write(address, record.first - 1, message);
    } else if (record.next - record.first < binding.failure.parkedCountMax) {
      this.#save(address, { ...record, next: record.next + 1 });
      this.#write(address, record.next, message);
    } else {
      hooks.refused(binding, entity, message);
    }
    hooks.finished();
  };

  #write(address: ParkedAddress, number: number, { message, sourceType, sourceId, meta }: Undelivered): void {
    const type = this.#place.directory.typeName(sourceType);
    const row: ParkedMessage = {
      source: type === undefined ? null : [type, sourceId],
      message: encodeMessage(message),
      meta: meta === undefined ? null : withoutAttempts(meta),
    };
    this.#place.rows.set(address.keyOf(number), row);
  }

  #save(address: ParkedAddress, record: ParkedRecord): void {
    address.record = record;
    this.#place.rows.set(address.prefix, record);
  }

  #changeIndex({ type }: FunctionBinding, { id, hash }: Entity, isParked: boolean): void {
    const { rows } = this.#place;
    const key = groupPrefix(SECTION_PARKED, keyGroupOfHash(hash));
    const index = (rows.get(key) ?? []) as readonly (readonly [string, string])[];
    const others = index.filter(([otherType, otherId]) => otherType !== type || otherId !== id);
    const changed = isParked ? [...others, [type, id]] : others;
    rows.set(key, changed.length === 0 ? undefined : changed);
  }

  /** The message that failed; undefined when it is under way. */
  firstMessage(address: ParkedAddress): unknown {
    const row = this.#place.rows.get(address.keyOf(address.record.first)) as ParkedMessage | undefined;
    return row && decodeTagged(row.message);
  }

  /** Lets an address go on, without the message that failed if `dropsFirst`. False if it does already. */
  unpark(address: ParkedAddress, dropsFirst: boolean): boolean {
    const { record } = address;
    if (record.isGoingOn) return false;
    const first = dropsFirst ? record.first + 1 : record.first;
    if (dropsFirst) this.#place.rows.set(address.keyOf(record.first), undefined);
    this.#save(address, { ...record, first, isGoingOn: true });
    this.#goOn(address);
    return true;
  }

  /** It is in flight itself until it has come to rest: between two of its messages all is not quiet. */
  #goOn(address: ParkedAddress): void {
    this.#place.effects.announcedCount++;
    address.isUnderWay = true;
    this.#ready.push(address);
  }

  get hasWork(): boolean {
    return this.#ready.length > 0;
  }

  /** Addresses go on, each with its next message. Returns how many. */
  work(): number {
    if (this.#ready.length === 0) return 0;
    const ready = this.#ready.splice(0, GO_ON_COUNT);
    for (const address of ready) this.#next(address, this.#hooks as ParkingHooks);
    return ready.length;
  }

  #next(address: ParkedAddress, hooks: ParkingHooks): void {
    const { entity, record } = address;
    if (!address.isLoaded) {
      address.isLoaded = true;
      if (hooks.fetch(entity)) return;
    }
    if (record.first < record.next) {
      const { rows, directory, effects } = this.#place;
      const key = address.keyOf(record.first);
      const { source, message, meta } = rows.get(key) as ParkedMessage;
      rows.set(key, undefined);
      this.#save(address, { ...record, first: record.first + 1 });
      // It is in flight again.
      effects.announcedCount++;
      const content = decodeTagged(message);
      const [sourceType, sourceId] = directory.sourceNumber(source);
      hooks.lines.putBack(entity, content, sourceType, sourceId, formOf(content), { ...meta, unparked: true });
    }
    hooks.admit(entity);
  }

  /** The line of a parked entity is empty. Returns whether it is parked on, or has more to go on with in another turn. */
  rest(entity: Entity): boolean {
    const address = entity.waiting?.parked as ParkedAddress | undefined;
    if (address === undefined) return false;
    const { record } = address;
    if (!record.isGoingOn) return true;
    if (record.first < record.next) {
      this.#ready.push(address);
      return true;
    }
    this.#hooks?.finished();
    this.addresses.delete(address);
    this.#place.rows.set(address.prefix, undefined);
    this.#changeIndex(address.binding, entity, false);
    return false;
  }
}
