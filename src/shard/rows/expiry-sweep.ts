/**
 * Removes what has expired, of entities that nobody sends to any more. Nobody would see it in any case; this is what
 * gives memory and disk back. It looks at the rows that are due, a few a turn (I10), and never goes through the state:
 * what a shard does for it depends on what expires, not on what it holds.
 *
 * A row that is due says which entry of a table to look at, or which entity. Its values may have been written since: then the row moves to when the
 * first of them expires now. An entity that is not in memory is fetched for it; one that is busy is left for later.
 */
import type { Clock } from '../../base/clock.ts';
import type { ShardIndex } from '../../base/brand.ts';
import type { Mesh } from '../../channel/mesh.ts';
import { keyGroupRange } from '../../keys/key-group.ts';
import { hashId } from '../../keys/id-hash.ts';
import type { Entity } from '../../state/entity.ts';
import { slackOf } from '../../state/cell-guard.ts';
import { KeptValue, NEVER } from '../../state/kept-value.ts';
import { counted, rowPrefix, utf8 } from '../../state/row.ts';
import type { StateSlot } from '../../state/state-view.ts';
import { SECTION_LIST } from '../../store/key-layout.ts';
import { dueOf, expiryGroupRange, expiryKey, readExpiryKey } from './expiry-rows.ts';
import type { ExpiryDues } from './expiry-dues.ts';
import type { Directory, FunctionBinding } from '../function-binding.ts';
import type { Delivery } from '../delivery/delivery.ts';
import { elementDeadline, elementKey, firstLeft, heldBounds, listBounds } from './list-rows.ts';
import type { Invoker } from '../invocation/invoker.ts';
import type { Rows } from './rows.ts';
import type { Workplace } from '../workplace.ts';

/** Rows that are found together, and looked at in one turn. */
const SLICE_COUNT = 64;
/** When an entity is looked at again that was busy, or had to be fetched. */
const RETRY_MS = 100;
/** The same for the state of a function that the module does not have, or not any more: it stays where it is. */
const UNKNOWN_RETRY_MS = 86_400_000;

export interface ExpiryPlace {
  readonly directory: Directory;
  readonly rows: Rows;
  readonly clock: Clock;
  readonly dues: ExpiryDues;
  /** The key groups in which there may be rows that nobody has noted. */
  readonly unknown: { readonly first: number; readonly end: number };
  /** The entity, if it exists; busy while it is being fetched. */
  summon(functionIndex: number, hash: number, id: string): Entity | undefined;
  /** Something was removed of this entity. */
  shrunk(entity: Entity): void;
  /** Rows have come: a turn is due. */
  progressed(): void;
}

export class ExpirySweep {
  readonly #place: ExpiryPlace;
  readonly #isNeeded: boolean;
  #found: readonly string[] = [];
  #isReading = false;
  #failure: { readonly cause: unknown } | undefined;

  constructor(place: ExpiryPlace) {
    this.#place = place;
    this.#isNeeded = place.directory.bindings.some(({ expiryCell }) => expiryCell !== -1);
    if (!this.#isNeeded) return;
    const { first, end } = place.unknown;
    for (let keyGroup = first; keyGroup < end; keyGroup++) place.dues.noteGroup(keyGroup, 0);
  }

  /** Whether rows were asked for and have not come. */
  get isWaiting(): boolean {
    return this.#isReading;
  }

  get hasWork(): boolean {
    return this.#found.length > 0 || this.#failure !== undefined;
  }

  /** One slice. Returns how much there was to do. */
  work(): number {
    if (!this.#isNeeded || this.#isReading) return 0;
    if (this.#failure !== undefined) throw this.#failure.cause;
    const now = this.#place.clock.now();
    if (this.#found.length > 0) return this.#slice(now);
    const keyGroup = this.#place.dues.take(now);
    if (keyGroup === -1) return 0;
    this.#isReading = true;
    this.#read(keyGroup, now).then(
      (found) => this.#settled(found, undefined),
      (cause: unknown) => this.#settled([], { cause }),
    );
    return 1;
  }

  #settled(found: readonly string[], failure: { readonly cause: unknown } | undefined): void {
    this.#isReading = false;
    this.#found = found;
    this.#failure = failure;
    this.#place.progressed();
  }

  /** The first rows of a key group, as far as they are due; notes when the next one is. */
  async #read(keyGroup: number, now: number): Promise<string[]> {
    const { rows, dues } = this.#place;
    const { from, before } = expiryGroupRange(keyGroup);
    const found: string[] = [];
    for await (const { key } of rows.scan(from, before)) {
      const { due } = readExpiryKey(key);
      if (due > now || found.length === SLICE_COUNT) {
        dues.noteGroup(keyGroup, due);
        break;
      }
      found.push(key);
    }
    return found;
  }

  #slice(now: number): number {
    const found = this.#found;
    this.#found = [];
    for (const key of found) this.#look(key, now);
    return found.length;
  }

  #look(key: string, now: number): void {
    const { directory, rows, dues, summon } = this.#place;
    const { due, type, id, rowKey } = readExpiryKey(key);
    if (rowKey !== undefined) {
      rows.set(key, undefined);
      this.#removeEntry(rowKey, now);
      return;
    }
    const hash = hashId(id);
    const index = directory.findFunction(type);
    if (index === undefined) {
      rows.set(key, undefined);
      this.#arm(type, hash, id, now + UNKNOWN_RETRY_MS);
      return;
    }
    const entity = summon(index, hash, id);
    if (entity?.isBusy === true) dues.note(hash, now + RETRY_MS);
    else {
      rows.set(key, undefined);
      if (entity !== undefined) this.#expire(entity, due, now);
    }
  }

  /**
   * Of one that has been set since there is a later row, and of one that is gone there is nothing to do. Its entity need
   * not be looked at, and may be busy: it cannot see any more what goes here.
   */
  #removeEntry(rowKey: string, now: number): void {
    const { rows } = this.#place;
    const stored = rows.get(rowKey);
    if (stored instanceof KeptValue && stored.deadline <= now) rows.set(rowKey, undefined);
  }

  /** Removes what has expired of an entity whose row, now gone, was due then. */
  #expire(entity: Entity, due: number, now: number): void {
    const binding = this.#place.directory.binding(entity.functionIndex);
    const next = this.#removeExpired(binding, entity, now);
    const { expiryCell, type } = binding;
    const armed = expiryCell === -1 ? undefined : (entity.readCell(expiryCell) as number | undefined);
    // Another row of this entity is still to come: this one was left behind by somebody.
    if (armed === undefined || armed <= Math.max(due, now)) {
      const nextDue = next < NEVER ? this.#arm(type, entity.hash, entity.id, next) : undefined;
      if (expiryCell !== -1) this.#write(entity, expiryCell, nextDue);
    }
    this.#place.shrunk(entity);
  }

  /** Returns when the first of what is left expires. */
  #removeExpired(binding: FunctionBinding, entity: Entity, now: number): number {
    const { shape } = binding;
    let next = NEVER;
    for (let cell = 0; cell < shape.cellNames.length; cell++) {
      const kept = entity.readCell(cell);
      if (!(kept instanceof KeptValue)) continue;
      if (kept.deadline < NEVER && shape.slots[cell].kind === 'list') {
        next = Math.min(next, this.#shorten(binding.type, shape.slots[cell], entity, kept, now));
        continue;
      }
      const left = kept.deadline > now ? kept : binding.guards?.[cell]?.left(kept, now);
      if (left !== kept) this.#write(entity, cell, left);
      next = Math.min(next, left?.deadline ?? NEVER);
    }
    return next;
  }

  /** Removes the front of a list, as far as it has expired, a few elements a turn. Returns when there is more to do. */
  #shorten(type: string, { name, cell, rules }: StateSlot, entity: Entity, kept: KeptValue, now: number): number {
    const { rows } = this.#place;
    const { hash, id } = entity;
    const prefix = rowPrefix(SECTION_LIST, type, hash, id) + counted(utf8(name));
    const bounds = listBounds(kept);
    const expires = rules?.expiration !== undefined;
    const deadlineOf = (index: number): number => elementDeadline(rows.get(elementKey(prefix, index)), bounds, expires);
    const left = kept.deadline <= now ? bounds.end : firstLeft(bounds, (index) => deadlineOf(index) <= now);
    const first = Math.min(left, bounds.first + SLICE_COUNT);
    for (let index = bounds.first; index < first; index++) rows.set(elementKey(prefix, index), undefined);
    if (first === bounds.end) {
      this.#write(entity, cell, undefined);
      return NEVER;
    }
    if (left > bounds.first) {
      const held = heldBounds({ ...bounds, first, left });
      this.#write(entity, cell, new KeptValue(held, kept.version, kept.deadline, kept.isOpen));
    }
    if (first < left) return now;
    // Not for each element when it is due: a tenth of its time later there may be more.
    return Math.min(kept.deadline, deadlineOf(left) + slackOf(rules));
  }

  #arm(type: string, hash: number, id: string, deadline: number): number {
    const due = dueOf(deadline);
    this.#place.rows.set(expiryKey(due, type, hash, id), true);
    this.#place.dues.note(hash, due);
    return due;
  }

  #write(entity: Entity, cell: number, value: unknown): void {
    const { dirty } = this.#place.rows;
    if (entity.dirtyEpoch !== dirty.epoch) dirty.touch(entity);
    entity.writeCell(cell, value);
  }
}

/** The sweep of a shard. Rows that nobody has noted there are only where rows are read from a store. */
export function newExpirySweep(
  { directory, rows, clock, dues }: Workplace,
  { thread, shardCount }: Mesh,
  delivery: Delivery,
  invoker: Invoker,
  progressed: () => void,
): ExpirySweep {
  return new ExpirySweep({
    directory,
    rows,
    clock,
    dues,
    unknown: rows.isStored ? keyGroupRange(thread as ShardIndex, shardCount) : { first: 0, end: 0 },
    summon: (functionIndex, hash, id) => delivery.summon(functionIndex, hash, id),
    shrunk: (entity) => invoker.forgetVacant(entity),
    progressed,
  });
}
