/**
 * The keys of timers that have come from the store, outside the heap: while they are in the queue each is a number. Keys
 * of timers have all the same length.
 */
import { ByteSlots } from '../state/byte-slots.ts';
import { TIMER_KEY_BYTES } from './timer-layout.ts';

export class QueuedKeys {
  readonly #slots = new ByteSlots();

  /** Keeps a key; its number is not negative. */
  put(key: string): number {
    const slot = this.#slots.take(TIMER_KEY_BYTES);
    this.#slots.find(slot);
    this.#slots.bytes.write(key, this.#slots.start, 'latin1');
    return slot;
  }

  /** Takes it out. */
  take(slot: number): string {
    this.#slots.find(slot);
    const { bytes, start } = this.#slots;
    const key = bytes.toString('latin1', start, start + TIMER_KEY_BYTES);
    this.#slots.free(slot);
    return key;
  }
}
