/**
 * The sending end of a channel: reliable, FIFO and gap-free (I2), whatever the size of its ring. What the ring cannot
 * take stays here in an overflow, in order, and goes out when there is room; nothing overtakes it. It never waits (I7).
 *
 * An envelope longer than one frame may be is cut into fragments on its way from the overflow into the ring.
 *
 * A receiver may give out credit (I7): then no more than that goes into the ring, and the rest waits here. Shards give
 * credit to the coordinator only; between shards there is none, since there it could deadlock.
 */
import { assert } from '../base/assert.ts';
import type { SpillStorage } from '../base/spill.ts';
import type { Doorbell } from '../ring/doorbell.ts';
import { FRAME_FIRST, FRAME_LAST } from '../ring/ring-layout.ts';
import { RING_FULL, type RingProducer } from '../ring/ring-producer.ts';
import { Overflow, type Placeable } from '../wire/overflow.ts';

/** How many envelopes the receiver allows in all, modulo 2^32; only grows. */
export type CreditLimit = () => number;

export class OutboundChannel {
  readonly #ring: RingProducer;
  readonly #doorbell: Doorbell;
  readonly #overflow: Overflow;
  /** Whether it was for want of room that the last `flush` left something. */
  #foundNoRoom = false;
  /** How much of the oldest envelope in the overflow is already in the ring. */
  #fragmentedBytes = 0;
  readonly #creditLimit: CreditLimit | undefined;
  #sentCount = 0;
  /** How much of it was shown to the receiver, and how much of the rest can wait for the end of a nap. */
  #shownCount = 0;
  #unhurriedCount = 0;

  constructor(
    ring: RingProducer,
    doorbell: Doorbell,
    storage: SpillStorage,
    overflowBytesMax: number,
    creditLimit?: CreditLimit,
  ) {
    assert(ring.bodyBytesMax >= 4, 'a frame holds at least a word, or a fragmented envelope would get nowhere');
    this.#ring = ring;
    this.#doorbell = doorbell;
    this.#overflow = new Overflow(storage, overflowBytesMax);
    this.#creditLimit = creditLimit;
  }

  /** Envelopes that wait for room. */
  get waitingCount(): number {
    return this.#overflow.count;
  }

  /** Whether `flush` may find room for what waits. */
  get canMove(): boolean {
    return this.#overflow.count > 0 && this.#hasCredit() && (!this.#foundNoRoom || this.#ring.hasNewRoom);
  }

  get memoryBytes(): number {
    return this.#overflow.memoryBytes;
  }

  /** Whether the next envelope would go out at once, as far as credit and order decide. */
  get isOpen(): boolean {
    return this.#overflow.count === 0 && this.#hasCredit();
  }

  append(envelope: Placeable): void {
    if (this.#overflow.count === 0 && envelope.byteLength <= this.#ring.bodyBytesMax && this.#hasCredit()) {
      const offset = this.#ring.claim(envelope.byteLength);
      if (offset !== RING_FULL) {
        envelope.placeInto(this.#ring.words, offset >> 2);
        this.#sentCount = (this.#sentCount + 1) | 0;
        return;
      }
    }
    this.#overflow.append(envelope);
  }

  /** The same for what the receiver need not be woken for while it naps. */
  appendUnhurried(envelope: Placeable): void {
    const before = this.#sentCount;
    this.append(envelope);
    if (this.#sentCount !== before) this.#unhurriedCount++;
  }

  /** Lets what waits leave memory; `flush` does it, too. */
  spill(): void {
    this.#overflow.spill();
  }

  /** Moves at most `envelopeCountMax` waiting envelopes into the ring, publishes, and wakes the receiver. Returns how many moved. */
  flush(envelopeCountMax: number = Number.POSITIVE_INFINITY): number {
    let moved = 0;
    this.#foundNoRoom = false;
    while (this.#overflow.count > 0 && moved < envelopeCountMax && this.#hasCredit() && !this.#foundNoRoom) {
      if (this.#moveOldest()) moved++;
      else this.#foundNoRoom = true;
    }
    if (this.#ring.publish()) this.#ringReceiver();
    this.#overflow.spill();
    return moved;
  }

  /** Shows what is in the ring to a receiver that sleeps for want of it; one that is awake sees it by the next `flush`. */
  showIfAwaited(): void {
    if (this.#doorbell.isAwaited && this.#ring.publish()) this.#ringReceiver();
  }

  #ringReceiver(): void {
    const isUnhurried = ((this.#sentCount - this.#shownCount) | 0) === this.#unhurriedCount && this.#unhurriedCount > 0;
    this.#shownCount = this.#sentCount;
    this.#unhurriedCount = 0;
    if (isUnhurried) this.#doorbell.ringUnhurried();
    else this.#doorbell.ring();
  }

  #hasCredit(): boolean {
    return this.#creditLimit === undefined || ((this.#creditLimit() - this.#sentCount) | 0) > 0;
  }

  /** Moves the oldest waiting envelope, or as many of its fragments as fit. True when all of it has gone. */
  #moveOldest(): boolean {
    let gone = false;
    this.#overflow.peek((words, _bytes, offsetBytes, byteLength) => {
      gone = this.#moveFragments(words, offsetBytes, byteLength);
    });
    if (!gone) return false;
    this.#fragmentedBytes = 0;
    this.#sentCount = (this.#sentCount + 1) | 0;
    this.#overflow.drop();
    return true;
  }

  #moveFragments(words: Int32Array, offsetBytes: number, byteLength: number): boolean {
    const ring = this.#ring;
    const fragmentBytesMax = ring.bodyBytesMax & ~3;
    while (this.#fragmentedBytes < byteLength) {
      const from = this.#fragmentedBytes;
      const bytes = Math.min(byteLength - from, fragmentBytesMax);
      const flags = (from === 0 ? FRAME_FIRST : 0) | (from + bytes === byteLength ? FRAME_LAST : 0);
      const to = ring.claim(bytes, flags);
      if (to === RING_FULL) return false;
      const start = (offsetBytes + from) >> 2;
      ring.words.set(words.subarray(start, start + ((bytes + 3) >> 2)), to >> 2);
      this.#fragmentedBytes += bytes;
    }
    return true;
  }
}
