/**
 * The Context: what user code sees of its invocation, and may do. Everything here checks that the invocation is still
 * under way, and only adds to what happens when it returns (I5).
 */
import { assert } from '../../base/assert.ts';
import { CallOff, type CallOffSignal } from '../../base/call-off.ts';
import type { Address } from '../../sdk/address.ts';
import type { BatchContext, BatchedMessage } from '../../sdk/batch.ts';
import { checkedRecord, type EgressType } from '../../sdk/egress.ts';
import { describe, MillraceError } from '../../sdk/errors.ts';
import type { FunctionType } from '../../sdk/function.ts';
import { checkMessageOptions, MESSAGE_OPTIONS, type MessageOptions } from '../../sdk/message-options.ts';
import type { MissedTimes } from '../../sdk/timer.ts';
import type { Trace } from '../../sdk/trace.ts';
import type { Sampling } from '../../metrics/sampling.ts';
import type { Entity } from '../../state/entity.ts';
import { SECTION_LIST, SECTION_TABLE } from '../../store/key-layout.ts';
import { FUNCTION_COUNT_MAX, KIND_EGRESS, TYPE_NONE, TYPE_UNKNOWN } from '../../wire/envelope-layout.ts';
import type { MessageMeta } from '../../wire/message-meta.ts';
import type { FunctionBinding } from '../function-binding.ts';
import { nameOf } from '../target-numbers.ts';
import type { Workplace } from '../workplace.ts';
import { leaveUnheard } from './async-operations.ts';
import { batchedMessage } from './batches.ts';
import { TimedInvocation } from './timed-invocation.ts';

/** Where an address keeps rows of state. */
const STATE_SECTIONS: readonly number[] = [SECTION_TABLE, SECTION_LIST];

export class Invocation extends TimedInvocation implements BatchContext<never> {
  /** Made when it is asked for. */
  #abort: AbortController | undefined;
  #callOff: CallOff | undefined;
  readonly #sampling: Sampling;
  /** When it began, if it is timed; else 0. */
  #beganMs = 0;
  /** Whether it has something of the above that ends with it. Most have nothing, so they look at this alone. */
  #hasMore = false;

  constructor(place: Workplace, binding: FunctionBinding, alone = false) {
    super(place, binding, alone);
    this.#sampling = place.meter.sampling(binding.index);
  }

  override begin(entity: Entity, sourceType: number, sourceId: string, meta: MessageMeta | undefined): void {
    super.begin(entity, sourceType, sourceId, meta);
    if (this.#sampling.picks()) this.#beginTimed();
  }

  #beginTimed(): void {
    this.#hasMore = true;
    this.#beganMs = this.place.meter.began();
  }

  protected override cameWith(meta: MessageMeta): void {
    super.cameWith(meta);
    // Its first invocation only: all that comes of it carries the same stamp.
    if (meta.since !== undefined && this.sourceType >= FUNCTION_COUNT_MAX) this.place.meter.cameIn(meta.since);
  }

  override takeBack(): void {
    super.takeBack();
    this.place.meter.failed(this.binding.index);
  }

  get self(): Address {
    this.check();
    return { type: this.binding.type, id: this.entity.id };
  }

  get caller(): Address | undefined {
    this.check();
    const type = this.place.directory.typeName(this.sourceType);
    return type === undefined ? undefined : { type, id: this.sourceId() };
  }

  /** Of its function, in milliseconds. */
  get deadlineMs(): number | undefined {
    return this.binding.deadlineMs;
  }

  get signal(): AbortSignal {
    this.check();
    if (this.#abort === undefined) {
      this.#hasMore = true;
      this.#abort = new AbortController();
      this.place.held.aborts.add(this.#abort);
    }
    return this.#abort.signal;
  }

  get callOff(): CallOffSignal {
    this.check();
    if (this.#callOff === undefined) {
      this.#hasMore = true;
      this.#callOff = new CallOff();
      this.place.held.aborts.add(this.#callOff);
    }
    return this.#callOff;
  }

  /** Tells the function to end. */
  abort(reason: Error): void {
    this.#callOff?.abort(reason);
    if (this.#callOff === undefined) void this.signal;
    this.#abort?.abort(reason);
  }

  override end(): void {
    super.end();
    if (this.#hasMore) this.#endMore();
  }

  #endMore(): void {
    this.#hasMore = false;
    if (this.#beganMs > 0) this.place.meter.ended(this.#beganMs);
    this.#beganMs = 0;
    if (this.#callOff !== undefined) this.place.held.aborts.delete(this.#callOff);
    if (this.#abort !== undefined) this.place.held.aborts.delete(this.#abort);
    this.#callOff = undefined;
    this.#abort = undefined;
  }

  count(name: string, amount: number = 1): void {
    this.check();
    this.place.meter.counters.add(this.binding.index, name, amount);
  }

  get missed(): MissedTimes | undefined {
    this.check();
    return this.meta?.missed;
  }

  get trace(): Trace | undefined {
    this.check();
    const came = this.meta?.trace;
    const own = this.ownMeta?.trace;
    if (came === undefined || own === undefined) return undefined;
    const { traceparent, tracestate, causalId } = own;
    return { traceparent, tracestate, parent: came.traceparent, causalId };
  }

  send<Message>(target: FunctionType<Message>, id: string, message: NoInfer<Message>, options?: MessageOptions): void;
  send(target: string, id: string, message: unknown, options?: MessageOptions): void;
  send(target: string | FunctionType<never>, id: string, message: unknown, options?: MessageOptions): void {
    this.check();
    if (options !== undefined) checkMessageOptions('ctx.send', options, MESSAGE_OPTIONS);
    const type = this.place.directory.targetNumber(target);
    if (this.place.directory.checksMessages) this.place.directory.checkMessage(type, message, target);
    let meta = this.metaOf(options);
    if (type === TYPE_UNKNOWN) meta = { ...meta, to: nameOf(target) as string };
    if (this.place.development) this.effects.addMessage(type, id, message, this.binding.index, this.entity.id, meta);
    else this.effects.addUnseen(type, id, message, this.binding.index, this.entity.id, meta);
  }

  reply(message: unknown): void {
    this.check();
    if (this.sourceType === TYPE_NONE) {
      const self = `${this.binding.type} "${this.entity.id}"`;
      throw new MillraceError('REPLY_WITHOUT_CALLER', `${self}: this message came without a caller to reply to.`);
    }
    if (this.place.directory.checksMessages) this.place.directory.checkMessage(this.sourceType, message);
    this.effects.addMessage(
      this.sourceType,
      this.sourceId(),
      message,
      this.binding.index,
      this.entity.id,
      this.ownMeta,
    );
  }

  egress<Record>(target: EgressType<Record>, record: NoInfer<Record>): void;
  egress(target: string, record: unknown): void;
  egress(target: string | EgressType<never>, record: unknown): void {
    const number = this.#egressNumber(target);
    const { directory } = this.place;
    const given = directory.checksRecords ? checkedRecord(directory.egresses[number], record) : record;
    const { binding, entity } = this;
    this.effects.addForCoordinator(KIND_EGRESS, number, '', given, binding.index, entity.id, this.ownMeta);
  }

  egressOwned(target: string, record: unknown, bytesBound: number): void {
    if (this.place.directory.checksRecords) return this.egress(target, record);
    const number = this.#egressNumber(target);
    const { binding, entity, effects } = this;
    effects.addOwned(KIND_EGRESS, number, '', record, bytesBound, binding.index, entity.id, this.ownMeta);
  }

  #egressNumber(target: string | EgressType<never>): number {
    this.check();
    return this.place.directory.egressNumber(target);
  }

  async(metadata: unknown, work: unknown): void {
    try {
      this.addOperation(metadata, work);
    } catch (error) {
      leaveUnheard(work);
      throw error;
    }
  }

  takeWaiting(countMax: number): readonly BatchedMessage[] {
    this.check();
    const { place, binding, entity } = this;
    assert(!this.isInPlace && binding.fn.takesWaiting === true, 'batches are for functions that say so, and are async');
    if (place.suspects.isSuspect(binding, entity)) return [];
    const taken = place.held.batches.take(entity, this.meta, countMax);
    this.#sampling.skip(taken.length);
    return taken.map((held) => batchedMessage(place.directory, held));
  }

  clear(name: string): void {
    const slot = this.binding.shape.slots.find((declared) => declared.name === name);
    // The same error as for assigning to such a name.
    if (slot === undefined) throw new TypeError(`${this.binding.type} declares no state ${describe(name)}.`);
    if (slot.kind === 'value') this.writeCell(slot.cell, undefined);
    else this.handle(slot).clear();
  }

  delete(): void {
    this.check();
    this.#deleteState();
    this.deleteTimers();
  }

  /** Forgets all cells and rows of the address; and its record, which may hold states that are not declared any more. */
  #deleteState(): void {
    const { entity, binding } = this;
    for (let index = 0; index < binding.shape.cellNames.length; index++) {
      if (this.getCell(index) !== undefined) this.writeCell(index, undefined);
    }
    const { dirty } = this.place.rows;
    if (this.isInPlace && entity.dirtyEpoch !== dirty.epoch) dirty.touch(entity);
    this.wrote = true;
    this.eraseAddress(STATE_SECTIONS);
  }

  now(): number {
    this.check();
    return this.place.clock.now();
  }

  random(): number {
    this.check();
    return this.place.random();
  }
}
