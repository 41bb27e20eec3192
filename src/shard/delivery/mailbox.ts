/**
 * The shard's own channel: messages from its entities to its entities, in order. They never become bytes, as long as
 * there are not too many: a message is copied once (I11) and lies here as an object, its fields laid out linearly in
 * one array, so that there is no object per envelope. What is too much goes, encoded, to an overflow (I7).
 */
import type { SpillStorage } from '../../base/spill.ts';
import type { MessageMeta } from '../../wire/message-meta.ts';
import { Overflow, type OverflowPart, type OverflowVisitor, type Placeable } from '../../wire/overflow.ts';

/** Fields of one message in `slots`, from where `take` points. */
export const SLOT_TYPE = 0;
export const SLOT_HASH = 1;
export const SLOT_ID = 2;
export const SLOT_MESSAGE = 3;
export const SLOT_SOURCE_TYPE = 4;
export const SLOT_SOURCE_ID = 5;
export const SLOT_FORM = 6;
export const SLOT_META = 7;
const STRIDE = 8;

const CAPACITY_MIN = 256;

/** Gets a message that is taken out. */
export type MessageVisitor = (
  type: number,
  hash: number,
  id: string,
  message: unknown,
  sourceType: number,
  sourceId: string,
  form: number,
  meta: MessageMeta | undefined,
) => void;

export class Mailbox {
  /** Messages as objects. */
  objectCount = 0;
  slots: unknown[] = new Array<unknown>(CAPACITY_MIN * STRIDE).fill(undefined);

  readonly #objectCountMax: number;
  readonly #overflow: Overflow;
  #capacity = CAPACITY_MIN;
  #first = 0;

  constructor(objectCountMax: number, storage: SpillStorage, overflowBytesMax: number) {
    this.#objectCountMax = objectCountMax;
    this.#overflow = new Overflow(storage, overflowBytesMax);
  }

  get count(): number {
    return this.objectCount + this.#overflow.count;
  }

  /** Whether a further message must be appended as an encoded envelope, behind what is there already. */
  get isCrowded(): boolean {
    return this.objectCount >= this.#objectCountMax || this.#overflow.count > 0;
  }

  get memoryBytes(): number {
    return this.#overflow.memoryBytes;
  }

  push(
    type: number,
    hash: number,
    id: string,
    message: unknown,
    sourceType: number,
    sourceId: string,
    form: number,
    meta: MessageMeta | undefined,
  ): void {
    if (this.objectCount === this.#capacity) this.#grow();
    const at = this.at(this.objectCount++);
    const { slots } = this;
    slots[at + SLOT_TYPE] = type;
    slots[at + SLOT_HASH] = hash;
    slots[at + SLOT_ID] = id;
    slots[at + SLOT_MESSAGE] = message;
    slots[at + SLOT_SOURCE_TYPE] = sourceType;
    slots[at + SLOT_SOURCE_ID] = sourceId;
    slots[at + SLOT_FORM] = form;
    slots[at + SLOT_META] = meta;
  }

  pushEncoded(envelope: Placeable): void {
    this.#overflow.append(envelope);
  }

  /** Moves the oldest object out through `visit`. */
  takeObject(visit: MessageVisitor): void {
    const at = this.take();
    const { slots } = this;
    const message = slots[at + SLOT_MESSAGE];
    slots[at + SLOT_MESSAGE] = undefined;
    visit(
      slots[at + SLOT_TYPE] as number,
      slots[at + SLOT_HASH] as number,
      slots[at + SLOT_ID] as string,
      message,
      slots[at + SLOT_SOURCE_TYPE] as number,
      slots[at + SLOT_SOURCE_ID] as string,
      slots[at + SLOT_FORM] as number,
      slots[at + SLOT_META] as MessageMeta | undefined,
    );
  }

  /** The same, without the visit: returns where in `slots` its fields are, until the next push. */
  take(): number {
    const at = this.#first * STRIDE;
    this.#first = (this.#first + 1) & (this.#capacity - 1);
    this.objectCount--;
    return at;
  }

  /** Moves the oldest encoded envelope out through `visit`; it is younger than every object. False if there is none. */
  takeEncoded(visit: OverflowVisitor): boolean {
    if (!this.#overflow.peek(visit)) return false;
    this.#overflow.drop();
    return true;
  }

  /** The encoded envelopes as they are now, oldest first, to be looked at later. */
  encodedParts(): OverflowPart[] {
    return this.#overflow.parts();
  }

  spill(): void {
    this.#overflow.spill();
  }

  /** Where in `slots` the fields of a message are; 0 is the oldest. */
  at(index: number): number {
    return ((this.#first + index) & (this.#capacity - 1)) * STRIDE;
  }

  #grow(): void {
    const head = this.slots.slice(this.#first * STRIDE);
    const tail = this.slots.slice(0, this.#first * STRIDE);
    const room = new Array<unknown>(this.#capacity * STRIDE).fill(undefined);
    this.slots = [...head, ...tail, ...room];
    this.#first = 0;
    this.#capacity *= 2;
  }
}
