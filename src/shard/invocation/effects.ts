/**
 * What invocations have sent and not yet let go: a growing list of things to send, each laid out linearly in one array,
 * so that there is no object per effect. A message is copied on its way in (I11), so user code may go on changing it.
 *
 * An invocation in place adds to its shard's list and, if it fails, the list is cut back to where it was (I5); one on
 * the side has a list of its own, which is appended to the shard's when it ends.
 */
import { assert } from '../../base/assert.ts';
import { invalidId, isId } from '../../sdk/address.ts';
import { KIND_MESSAGE, TYPE_UNKNOWN } from '../../wire/envelope-layout.ts';
import type { MessageMeta } from '../../wire/message-meta.ts';
import type { MessageGate } from '../../wire/message-gate.ts';
import { PLAIN } from '../../wire/structured-data.ts';

/** Fields of one effect in `slots`. */
export const EFFECT_KIND = 0;
export const EFFECT_TYPE = 1;
export const EFFECT_ID = 2;
export const EFFECT_PAYLOAD = 3;
export const EFFECT_SOURCE_TYPE = 4;
export const EFFECT_SOURCE_ID = 5;
/** How the payload must be encoded. */
export const EFFECT_FORM = 6;
/** What travels with a message; undefined for most. */
export const EFFECT_META = 7;
export const EFFECT_STRIDE = 8;

/** A list that one huge invocation has blown up is replaced by a small one. */
const SLOTS_KEPT = EFFECT_STRIDE * 16_384;

/** One for all: each async invocation has a list of effects of its own. */
function lookedAtAlready(): void {
  assert(false, 'only a shard sends to ids that nobody has looked at');
}

export class Effects {
  slots: unknown[] = [];
  /** Length in use, in slots. */
  length = 0;
  /** Messages that will be sent later and count as in flight from now on; negative for those that now are sent. */
  announcedCount = 0;
  /** Told by `lookAtIds` where in `slots` a message lies whose type has no number; may give it one. */
  onUnknownType: (at: number) => void = () => {};
  /** Told by `lookAtIds` where in `slots` a message lies whose id is none; makes another one of it. */
  onInvalidId: (at: number) => void = lookedAtAlready;
  readonly #gate: MessageGate;

  constructor(gate: MessageGate) {
    this.#gate = gate;
  }

  /** A message to a function or an asker. Throws `INVALID_ID`, `MESSAGE_NOT_ENCODABLE` or `MESSAGE_TOO_LARGE`. */
  addMessage(
    type: number,
    id: string,
    message: unknown,
    sourceType: number,
    sourceId: string,
    meta: MessageMeta | undefined,
  ): void {
    if (!isId(id)) throw invalidId(id);
    this.addUnseen(type, id, message, sourceType, sourceId, meta);
  }

  /**
   * The same without a look at the id, which `lookAtIds` has later. A function that sends to one of very many ids has
   * that string in no cache, and would wait for memory here, for each message anew.
   */
  addUnseen(
    type: number,
    id: string,
    message: unknown,
    sourceType: number,
    sourceId: string,
    meta: MessageMeta | undefined,
  ): void {
    const copy = this.#gate.admit(message);
    this.#push(KIND_MESSAGE, type, id, copy, sourceType, sourceId, this.#gate.form, meta);
  }

  /** A message that was let in before, in a copy that nobody else has. */
  addAdmitted(
    type: number,
    id: string,
    message: unknown,
    sourceType: number,
    sourceId: string,
    form: number,
    meta: MessageMeta | undefined,
  ): void {
    this.#push(KIND_MESSAGE, type, id, message, sourceType, sourceId, form, meta);
  }

  /** Anything for the coordinator that is not a message: an egress record, or a failure. */
  addForCoordinator(
    kind: number,
    type: number,
    id: string,
    payload: unknown,
    sourceType: number,
    sourceId: string,
    meta?: MessageMeta,
  ): void {
    const copy = this.#gate.admit(payload);
    this.#push(kind, type, id, copy, sourceType, sourceId, this.#gate.form, meta);
  }

  /** The same for plain structured data that nobody else has and that takes no more than `bytesBound`: without a copy. */
  addOwned(
    kind: number,
    type: number,
    id: string,
    payload: unknown,
    bytesBound: number,
    sourceType: number,
    sourceId: string,
    meta: MessageMeta | undefined,
  ): void {
    const fits = bytesBound <= this.#gate.bytesMax;
    if (!fits) this.addForCoordinator(kind, type, id, payload, sourceType, sourceId, meta);
    else this.#push(kind, type, id, payload, sourceType, sourceId, PLAIN, meta);
  }

  /** Before effects are let go: a loop so short that a processor waits for the ids of many of them at the same time. */
  lookAtIds(): void {
    const { slots } = this;
    for (let at = 0; at < this.length; at += EFFECT_STRIDE) {
      if (slots[at + EFFECT_TYPE] === TYPE_UNKNOWN) this.onUnknownType(at);
      if (!isId(slots[at + EFFECT_ID]) && slots[at + EFFECT_KIND] === KIND_MESSAGE) this.onInvalidId(at);
    }
  }

  /** Forgets all effects from `length` on. */
  cutBack(length: number): void {
    while (this.length > length) {
      this.length -= EFFECT_STRIDE;
      this.slots[this.length + EFFECT_PAYLOAD] = undefined;
    }
  }

  /** Moves all effects from `length` on to the end of `other`. */
  moveTo(other: Effects, length: number): void {
    const { slots } = this;
    for (let at = length; at < this.length; at += EFFECT_STRIDE) {
      other.#push(
        slots[at + EFFECT_KIND] as number,
        slots[at + EFFECT_TYPE] as number,
        slots[at + EFFECT_ID] as string,
        slots[at + EFFECT_PAYLOAD],
        slots[at + EFFECT_SOURCE_TYPE] as number,
        slots[at + EFFECT_SOURCE_ID] as string,
        slots[at + EFFECT_FORM] as number,
        slots[at + EFFECT_META] as MessageMeta | undefined,
      );
    }
    this.cutBack(length);
  }

  /** All effects have been let go; their payloads were taken out one by one. */
  reset(): void {
    this.length = 0;
    this.announcedCount = 0;
    if (this.slots.length > SLOTS_KEPT) this.slots = [];
  }

  #push(
    kind: number,
    type: number,
    id: string,
    payload: unknown,
    sourceType: number,
    sourceId: string,
    form: number,
    meta: MessageMeta | undefined,
  ): void {
    const { slots, length } = this;
    if (length === slots.length) for (let slot = 0; slot < EFFECT_STRIDE; slot++) slots.push(undefined);
    slots[length + EFFECT_KIND] = kind;
    slots[length + EFFECT_TYPE] = type;
    slots[length + EFFECT_ID] = id;
    slots[length + EFFECT_PAYLOAD] = payload;
    slots[length + EFFECT_SOURCE_TYPE] = sourceType;
    slots[length + EFFECT_SOURCE_ID] = sourceId;
    slots[length + EFFECT_FORM] = form;
    slots[length + EFFECT_META] = meta;
    this.length = length + EFFECT_STRIDE;
  }
}
