/**
 * One run of a function, without what user code sees of it (`Invocation`): all effects or none (I5).
 *
 * There are two ways to run. A synchronous invocation works in place: its state writes go to the entity's cells with
 * the old values kept aside, its sends go to the end of the shard's effects, and returning is all that is left to do. One
 * Context per function is used again and again, so that such an invocation allocates nothing. An asynchronous one works
 * on the side, on copied cells, with effects and a Context of its own, because other invocations and checkpoints happen
 * while it waits. A function that is not declared `async` but returns a promise is moved to the side then.
 */
import { deepFreeze } from '../../sdk/immutable.ts';
import type { MessageOptions } from '../../sdk/message-options.ts';
import { type Cells, Entity } from '../../state/entity.ts';
import type { KeptValue } from '../../state/kept-value.ts';
import type { CellHolder, StateSlot } from '../../state/state-view.ts';
import { TYPE_NONE } from '../../wire/envelope-layout.ts';
import { IF_EXISTS, type MessageMeta, metaOfSends } from '../../wire/message-meta.ts';
import type { AsyncOperation } from './async-operations.ts';
import { Effects } from './effects.ts';
import type { DirtyEntities } from '../durable/dirty-entities.ts';
import type { FunctionBinding } from '../function-binding.ts';
import { InvocationRows } from './invocation-rows.ts';
import type { RowWrites } from '../rows/row-writes.ts';
import { checkCell, checkStateValue } from './state-checks.ts';
import { contextExpired, type StateHandle, type StateHolder, type StateOwner } from './state-handle.ts';
import { ID_IN_ENVELOPE } from '../delivery/undelivered.ts';
import type { Workplace } from '../workplace.ts';

/** One that runs alone is on the side before its function begins, and has nothing to undo. */
const NOTHING_UNDONE: never[] = [];
const IDLE_ENTITY = new Entity(TYPE_NONE, 0, '');

export abstract class InvocationCore implements CellHolder, StateHolder {
  readonly state: never;
  entity: Entity = IDLE_ENTITY;
  sourceType: number = TYPE_NONE;
  /** What came with its message. */
  meta: MessageMeta | undefined = undefined;
  /** Where its sends go: to the shard's effects, or, on the side, to its own. */
  effects: Effects;
  /** Whether anything was written. */
  wrote = false;

  protected readonly place: Workplace;
  protected readonly binding: FunctionBinding;
  readonly #dirty: DirtyEntities;
  /** The entity itself while working in place, a copy of its cells on the side. */
  #cells: Cells = IDLE_ENTITY;
  #sourceId = ID_IN_ENVELOPE;
  /** What it does to rows; made when it does something to one. */
  #rows: InvocationRows | undefined;
  /** What it has begun and does not wait for. */
  #operations: AsyncOperation[] | undefined;
  /** Made when it is asked for; left over from an earlier message while this one brings no trace. */
  #ownMeta: MessageMeta | undefined;
  #active = false;
  #aside = false;
  #effectsBefore = 0;
  #undoCount = 0;
  readonly #undoIndexes: number[];
  readonly #undoValues: unknown[];

  /** `alone` is for one that runs once, on the side: its view of the state is quicker to make than to use. */
  constructor(place: Workplace, binding: FunctionBinding, alone = false) {
    this.place = place;
    this.binding = binding;
    this.#dirty = place.rows.dirty;
    this.effects = place.effects;
    this.#undoIndexes = alone ? NOTHING_UNDONE : [];
    this.#undoValues = alone ? NOTHING_UNDONE : [];
    this.state = (alone ? binding.shape.briefView(this) : binding.shape.view(this)) as never;
  }

  // -- the life of an invocation, for the shard

  /** Begins to work in place on an entity. */
  begin(entity: Entity, sourceType: number, sourceId: string, meta: MessageMeta | undefined): void {
    this.entity = entity;
    this.sourceType = sourceType;
    this.meta = meta;
    if (meta !== undefined) this.cameWith(meta);
    this.#sourceId = sourceId;
    this.#cells = entity;
    this.#effectsBefore = this.effects.length;
    this.#undoCount = 0;
    this.wrote = false;
    this.#active = true;
  }

  /** Its message brings something; most bring nothing. */
  protected cameWith(_meta: MessageMeta): void {
    this.#ownMeta = undefined;
  }

  /** From here on works on the side: with copies, and without the envelope, which will be gone. */
  goAside(): void {
    if (this.sourceType !== TYPE_NONE && this.#sourceId === ID_IN_ENVELOPE)
      this.#sourceId = this.place.reader.sourceId();
    this.#cells = this.binding.shape.cellNames.length === 0 ? IDLE_ENTITY : this.entity.copy();
    this.#undoWrites();
    this.effects = new Effects(this.place.gate);
    this.place.effects.moveTo(this.effects, this.#effectsBefore);
    this.#aside = true;
  }

  /** It has failed: nothing it did has happened (I5). */
  takeBack(): void {
    this.#rows?.writes.discard();
    this.#operations = undefined;
    if (this.#aside) return;
    this.#undoWrites();
    this.effects.cutBack(this.#effectsBefore);
  }

  /** It has returned: what it did happens now, as far as it did not happen in place. */
  apply(): void {
    this.#rows?.writes.apply();
    if (this.#operations !== undefined) this.#register(this.#operations);
    if (!this.#aside) return;
    if (this.wrote) {
      if (this.entity.dirtyEpoch !== this.#dirty.epoch) this.#dirty.touch(this.entity);
      this.entity.adopt(this.#cells);
    }
    this.effects.moveTo(this.place.effects, 0);
  }

  #register(operations: readonly AsyncOperation[]): void {
    this.#operations = undefined;
    for (const operation of operations) this.place.held.async.register(operation, this.entity, this.binding);
  }

  /** Puts back what was written in place, newest first. */
  #undoWrites(): void {
    while (this.#undoCount > 0) {
      this.#undoCount--;
      this.entity.writeCell(this.#undoIndexes[this.#undoCount], this.#undoValues[this.#undoCount]);
    }
  }

  /** The Context stops working. */
  end(): void {
    this.#active = false;
    this.#rows?.expire();
    this.entity = IDLE_ENTITY;
    this.#cells = IDLE_ENTITY;
  }

  sourceId(): string {
    return this.#sourceId === ID_IN_ENVELOPE ? this.place.reader.sourceId() : this.#sourceId;
  }

  /** The rows as this invocation sees and changes them. */
  get rows(): RowWrites {
    return this.#invocationRows().writes;
  }

  #invocationRows(): InvocationRows {
    this.check();
    this.#rows ??= new InvocationRows(this.place.rows);
    return this.#rows;
  }

  #owner(): StateOwner {
    return { type: this.binding.type, hash: this.entity.hash, id: this.entity.id };
  }

  /** Begins something whose result comes as a message; void if this invocation fails. */
  protected addOperation(metadata: unknown, work: unknown): void {
    this.check();
    this.#operations ??= [];
    this.#operations.push(this.place.held.async.prepare(metadata, work, this.ownMeta));
  }

  // -- what its messages take along

  /** What its messages take along of what its own brought: the trace, of which this invocation is the newest span. */
  protected get ownMeta(): MessageMeta | undefined {
    if (this.meta === undefined) return undefined;
    this.#ownMeta ??= metaOfSends(this.meta, this.place.random);
    return this.#ownMeta;
  }

  protected metaOf(options: MessageOptions | undefined): MessageMeta | undefined {
    const own = this.meta === undefined ? undefined : this.ownMeta;
    if (options?.ifExists !== true) return own;
    return own === undefined ? IF_EXISTS : { ...own, ifExists: true };
  }

  // -- cells, for the state view

  readCell(index: number): unknown {
    this.check();
    const cell = this.#cells.readCell(index);
    return cell === undefined ? this.binding.shape.initials[index] : cell;
  }

  writeCell(index: number, value: unknown): void {
    this.check();
    if (typeof value === 'object' || typeof value === 'function' || typeof value === 'symbol') {
      checkCell(this.place, this.binding, this.entity, index, value);
    }
    this.putCell(index, value);
  }

  getCell(index: number): unknown {
    return this.#cells.readCell(index);
  }

  protected putCell(index: number, value: unknown): void {
    if (!this.#aside) {
      if (this.entity.dirtyEpoch !== this.#dirty.epoch) this.#dirty.touch(this.entity);
      this.#undoIndexes[this.#undoCount] = index;
      this.#undoValues[this.#undoCount] = this.#cells.readCell(index);
      this.#undoCount++;
    }
    this.#cells.writeCell(index, value);
    this.wrote = true;
  }

  // -- tables and lists, for the state view and for themselves

  handle(slot: StateSlot): StateHandle {
    return this.#invocationRows().handle(this, this.#owner(), slot);
  }

  checkValue(value: unknown): void {
    checkStateValue(this.place, value);
  }

  guard(value: unknown): unknown {
    if (this.place.development) deepFreeze(value);
    return value;
  }

  /** The time by which entries expire. */
  time(): number {
    return this.place.clock.now();
  }

  /** Where nothing expires, nobody looks. */
  keepCell(index: number, kept: KeptValue, _due: number): void {
    this.putCell(index, kept);
  }

  armRow(key: string, _due: number): void {
    this.rows.set(key, true);
  }

  protected eraseAddress(sections: readonly number[]): void {
    this.#invocationRows().erase(this.#owner(), sections);
  }

  /** Whether it runs in place, to its end, while nothing else happens. */
  protected get isInPlace(): boolean {
    return !this.#aside;
  }

  protected check(): void {
    if (!this.#active) throw contextExpired(this.binding.type);
  }
}
