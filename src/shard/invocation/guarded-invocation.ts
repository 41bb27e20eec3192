/**
 * An invocation of a function whose states have versions, schemas or expirations. What it adds is between the function
 * and its cells: values are brought up to date when they are read, checked when they are assigned, and not seen any more
 * when they have expired. All other functions have a plain `Invocation`, and pay for none of it.
 */
import type { Entity } from '../../state/entity.ts';
import { KeptValue, NEVER } from '../../state/kept-value.ts';
import type { MessageMeta } from '../../wire/message-meta.ts';
import { dueOf, expiryKey } from '../rows/expiry-rows.ts';
import type { FunctionBinding } from '../function-binding.ts';
import { Invocation } from './invocation.ts';
import type { Workplace } from '../workplace.ts';

export function newInvocation(place: Workplace, binding: FunctionBinding, alone: boolean): Invocation {
  return binding.guards === undefined
    ? new Invocation(place, binding, alone)
    : new GuardedInvocation(place, binding, alone);
}

/** No time: none has been asked for. */
const UNKNOWN = -1;

class GuardedInvocation extends Invocation {
  #beganAt = UNKNOWN;
  /** The earliest time for which it has armed a row. */
  #armedDue = NEVER;

  override begin(entity: Entity, sourceType: number, sourceId: string, meta: MessageMeta | undefined): void {
    super.begin(entity, sourceType, sourceId, meta);
    this.#beganAt = UNKNOWN;
    this.#armedDue = NEVER;
  }

  override readCell(index: number): unknown {
    const cell = this.getCell(index);
    if (!(cell instanceof KeptValue)) return super.readCell(index);
    this.check();
    const now = this.time();
    const guard = this.binding.guards?.[index];
    const kept = cell.deadline > now ? cell : guard?.left(cell, now);
    if (kept === undefined) return this.binding.shape.initials[index];
    if (guard === undefined) return kept.value;
    const value = guard.open(kept, this.entity.id, this.#admit);
    if (guard.wantsRenewal(kept, now)) this.#keep(index, guard.renewed(kept, now));
    return value;
  }

  override writeCell(index: number, value: unknown): void {
    const guard = this.binding.guards?.[index];
    if (guard === undefined || value === undefined) {
      super.writeCell(index, value);
      if (value === undefined) this.#disarmBlank();
      return;
    }
    this.check();
    const { id } = this.entity;
    const before = this.getCell(index);
    if (before instanceof KeptValue) guard.refuseNewer(before, id);
    this.#keep(index, guard.accept(value, id, this.time(), this.#admit));
  }

  #keep(index: number, kept: KeptValue): void {
    this.keepCell(index, kept, dueOf(kept.deadline));
  }

  override keepCell(index: number, kept: KeptValue, due: number): void {
    this.putCell(index, kept);
    if (kept.deadline < NEVER) this.#arm(due);
  }

  override armRow(key: string, due: number): void {
    super.armRow(key, due);
    this.#armedDue = Math.min(this.#armedDue, due);
  }

  /** Sees to it that the entity has a row that is due then, or earlier. */
  #arm(due: number): void {
    const { type, expiryCell } = this.binding;
    const armed = this.getCell(expiryCell) as number | undefined;
    if (armed !== undefined && armed <= due) return;
    const { hash, id } = this.entity;
    if (armed !== undefined) this.rows.set(expiryKey(armed, type, hash, id), undefined);
    this.rows.set(expiryKey(due, type, hash, id), true);
    this.putCell(expiryCell, due);
    this.#armedDue = Math.min(this.#armedDue, due);
  }

  /** An entity that keeps nothing has no row either. */
  #disarmBlank(): void {
    const { type, shape, expiryCell } = this.binding;
    const armed = expiryCell === -1 ? undefined : (this.getCell(expiryCell) as number | undefined);
    if (armed === undefined || shape.cellNames.some((_, cell) => this.getCell(cell) !== undefined)) return;
    const { hash, id } = this.entity;
    this.rows.set(expiryKey(armed, type, hash, id), undefined);
    this.putCell(expiryCell, undefined);
  }

  /** Only now is there a row to be found. */
  override apply(): void {
    super.apply();
    if (this.#armedDue < NEVER) this.place.dues.note(this.entity.hash, this.#armedDue);
  }

  /** The time by which values expire: in place it stands still, so that what was there is still there a line later. */
  override time(): number {
    if (!this.isInPlace) return this.place.clock.now();
    if (this.#beganAt === UNKNOWN) this.#beganAt = this.place.clock.now();
    return this.#beganAt;
  }

  readonly #admit = (value: unknown): void => this.checkValue(value);
}
