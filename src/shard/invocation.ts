/**
 * One run of a function: the Context that user code sees, all effects or none (I5).
 *
 * There are two ways to run. A synchronous invocation works in place: its state writes go to the entity's cells with
 * the old values kept aside, its sends go behind what is published, and returning is all that is left to do. One
 * Context per function is used again and again, so that such an invocation allocates nothing. An asynchronous one works
 * on the side, on copied cells and with its sends put aside as encoded envelopes, because other invocations and
 * checkpoints happen while it waits; its Context is its own. A function that is not declared `async` but returns a
 * promise starts in place and is moved to the side then.
 */
import type { Clock } from '../base/clock.ts';
import type { SpillStorage } from '../base/spill.ts';
import { Overflow } from '../wire/overflow.ts';
import { hashId } from '../keys/id-hash.ts';
import type { Address } from '../sdk/address.ts';
import type { EgressType } from '../sdk/egress.ts';
import { MillraceError } from '../sdk/errors.ts';
import type { Context, FunctionType } from '../sdk/function.ts';
import { deepFreeze } from '../sdk/immutable.ts';
import { Entity, NO_CELLS } from '../state/entity.ts';
import type { CellHolder } from '../state/state-view.ts';
import { KIND_EGRESS, KIND_MESSAGE, TYPE_NONE } from '../wire/envelope-layout.ts';
import type { EnvelopeReader } from '../wire/envelope-reader.ts';
import type { EnvelopeWriter } from '../wire/envelope-writer.ts';
import { inspect } from '../wire/structured-data.ts';
import type { Directory, FunctionBinding } from './function-binding.ts';
import type { Outbox } from './outbox.ts';

/** What all invocations of a shard share. */
export interface Workplace {
  readonly directory: Directory;
  readonly outbox: Outbox;
  readonly reader: EnvelopeReader;
  readonly writer: EnvelopeWriter;
  readonly clock: Clock;
  readonly storage: SpillStorage;
  /** Freezes state values and checks that they can be stored. */
  readonly development: boolean;
}

const IDLE_ENTITY = new Entity(TYPE_NONE, 0, '');
/** Async invocations are many and small, so what they put aside grows in small steps, and never spills. */
const EFFECTS_CHUNK_BYTES = 512;

/** Marks a source id that still lies in the envelope being read. */
export const ID_IN_ENVELOPE = '';

export class Invocation implements CellHolder, Context<never> {
  readonly state: never;
  entity: Entity = IDLE_ENTITY;
  sourceType: number = TYPE_NONE;
  /** What an async invocation has sent so far, encoded; undefined while working in place. */
  effects: Overflow | undefined = undefined;
  /** Whether anything was written, and whether anything was cleared. */
  wrote = false;
  cleared = false;

  readonly #place: Workplace;
  readonly #binding: FunctionBinding;
  #cells: unknown[] = NO_CELLS;
  #sourceId = ID_IN_ENVELOPE;
  #active = false;
  #aside = false;
  #madeCells = false;
  #undoCount = 0;
  readonly #undoIndexes: number[] = [];
  readonly #undoValues: unknown[] = [];

  constructor(place: Workplace, binding: FunctionBinding) {
    this.#place = place;
    this.#binding = binding;
    this.state = binding.shape.view(this) as never;
  }

  // -- the life of an invocation, for the shard

  /** Begins to work in place on an entity. */
  begin(entity: Entity, sourceType: number, sourceId: string): void {
    this.entity = entity;
    this.sourceType = sourceType;
    this.#sourceId = sourceId;
    this.#cells = entity.cells;
    this.#undoCount = 0;
    this.#madeCells = false;
    this.wrote = false;
    this.cleared = false;
    this.#active = true;
  }

  /** From here on works on the side: with copies, and without the envelope, which will be gone. */
  goAside(): void {
    if (this.sourceType !== TYPE_NONE && this.#sourceId === ID_IN_ENVELOPE)
      this.#sourceId = this.#place.reader.sourceId();
    this.#cells = this.entity.cells === NO_CELLS ? NO_CELLS : this.entity.cells.slice();
    this.undoWrites();
    this.#aside = true;
  }

  /** Puts back what was written in place, newest first. */
  undoWrites(): void {
    const { cells } = this.entity;
    while (this.#undoCount > 0) {
      this.#undoCount--;
      cells[this.#undoIndexes[this.#undoCount]] = this.#undoValues[this.#undoCount];
    }
    if (this.#madeCells) this.entity.cells = NO_CELLS;
  }

  /** Makes the cells of an invocation on the side those of its entity. */
  adoptCells(): void {
    if (this.wrote) this.entity.cells = this.#cells;
  }

  /** The Context stops working. */
  end(): void {
    this.#active = false;
    this.entity = IDLE_ENTITY;
    this.#cells = NO_CELLS;
  }

  sourceId(): string {
    return this.#sourceId === ID_IN_ENVELOPE ? this.#place.reader.sourceId() : this.#sourceId;
  }

  // -- cells, for the state view

  readCell(index: number): unknown {
    this.#check();
    const cell = this.#cells[index];
    return cell === undefined ? this.#binding.shape.initials[index] : cell;
  }

  writeCell(index: number, value: unknown): void {
    this.#check();
    if (typeof value === 'object' && value !== null && this.#place.development) {
      inspect(value);
      deepFreeze(value);
    } else if (typeof value === 'function' || typeof value === 'symbol') {
      inspect(value);
    }
    if (this.#cells === NO_CELLS) this.#firstWrite();
    if (!this.#aside) {
      this.#undoIndexes[this.#undoCount] = index;
      this.#undoValues[this.#undoCount] = this.#cells[index];
      this.#undoCount++;
    }
    this.#cells[index] = value;
    this.wrote = true;
    if (value === undefined) this.cleared = true;
  }

  #firstWrite(): void {
    this.#cells = new Array<unknown>(this.#binding.shape.names.length).fill(undefined);
    if (this.#aside) return;
    this.#madeCells = true;
    this.entity.cells = this.#cells;
  }

  // -- the Context, for user code

  get self(): Address {
    this.#check();
    const { entity } = this;
    entity.address ??= Object.freeze({ type: this.#binding.type, id: entity.id });
    return entity.address;
  }

  get caller(): Address | undefined {
    this.#check();
    const type = this.#place.directory.typeName(this.sourceType);
    return type === undefined ? undefined : { type, id: this.sourceId() };
  }

  send<Message>(target: FunctionType<Message>, id: string, message: NoInfer<Message>): void;
  send(target: string, id: string, message: unknown): void;
  send(target: string | FunctionType<never>, id: string, message: unknown): void {
    this.#check();
    this.#sendTo(this.#place.directory.functionNumber(target), id, message);
  }

  reply(message: unknown): void {
    this.#check();
    if (this.sourceType === TYPE_NONE) {
      const self = `${this.#binding.type} "${this.entity.id}"`;
      throw new MillraceError('REPLY_WITHOUT_CALLER', `${self}: this message came without a caller to reply to.`);
    }
    this.#sendTo(this.sourceType, this.sourceId(), message);
  }

  egress<Record>(target: EgressType<Record>, record: NoInfer<Record>): void;
  egress(target: string, record: unknown): void;
  egress(target: string | EgressType<never>, record: unknown): void {
    this.#check();
    const { directory, outbox, writer } = this.#place;
    const number = directory.egressNumber(target);
    if (this.#aside) {
      writer.write(KIND_EGRESS, number, 0, '', this.#binding.index, this.entity.id, record);
      this.#putAside();
    } else {
      outbox.sendToCoordinator(KIND_EGRESS, number, '', this.#binding.index, this.entity.id, record);
    }
  }

  now(): number {
    this.#check();
    return this.#place.clock.now();
  }

  #sendTo(type: number, id: string, message: unknown): void {
    const { outbox, writer } = this.#place;
    const hash = hashId(id);
    if (this.#aside) {
      writer.write(KIND_MESSAGE, type, hash, id, this.#binding.index, this.entity.id, message);
      this.#putAside();
    } else {
      outbox.send(type, hash, id, this.#binding.index, this.entity.id, message);
    }
  }

  #putAside(): void {
    this.effects ??= newEffects(this.#place.storage);
    this.effects.append(this.#place.writer);
  }

  #check(): void {
    if (this.#active) return;
    const what = `${this.#binding.type}: the context of an invocation was used after the invocation had ended.`;
    throw new MillraceError('CONTEXT_EXPIRED', what);
  }
}

export function newEffects(storage: SpillStorage): Overflow {
  return new Overflow(storage, Number.POSITIVE_INFINITY, EFFECTS_CHUNK_BYTES);
}
