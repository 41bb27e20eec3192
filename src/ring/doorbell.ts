/**
 * Wakes a sleeping thread, and costs a running one nothing: a producer rings only after it has published, and the bell
 * sounds only if its owner lies parked.
 *
 * No wake-up is lost, because the owner first declares itself parked and then looks at its inputs once more, while a
 * producer first publishes and then looks at the declaration. Both orders are sequentially consistent, so at least one
 * of the two sees the other.
 */

const AWAKE = 0;
const PARKED = 1;

/** Words between two doorbells, so that two threads never write one cache line. */
export const DOORBELL_STRIDE_WORDS = 32;

export class Doorbell {
  readonly #words: Int32Array;
  readonly #index: number;

  /** `index` is the thread's number; the words are shared by all threads of an engine. */
  constructor(words: Int32Array, index: number) {
    this.#words = words;
    this.#index = index * DOORBELL_STRIDE_WORDS;
  }

  /** Producer: call after publishing. */
  ring(): void {
    if (Atomics.load(this.#words, this.#index) === AWAKE) return;
    if (Atomics.compareExchange(this.#words, this.#index, PARKED, AWAKE) === PARKED) {
      Atomics.notify(this.#words, this.#index);
    }
  }

  /** Producer: whether the owner lies parked, or is about to. */
  get isAwaited(): boolean {
    return Atomics.load(this.#words, this.#index) === PARKED;
  }

  /** Owner: from here on, look at all inputs once more, then `park` or `parkAsync`, or `rise` if there was something. */
  declareParked(): void {
    Atomics.store(this.#words, this.#index, PARKED);
  }

  rise(): void {
    Atomics.store(this.#words, this.#index, AWAKE);
  }

  /** Owner: blocks the thread, its promises and timers included, until somebody rings or the time is up. */
  park(timeoutMs: number): void {
    Atomics.wait(this.#words, this.#index, PARKED, timeoutMs);
    this.rise();
  }

  /** Owner: the same for a thread whose event loop must go on. Does not by itself keep a process alive. */
  async parkAsync(timeoutMs: number): Promise<void> {
    const wait = Atomics.waitAsync(this.#words, this.#index, PARKED, timeoutMs);
    if (wait.async) await wait.value;
    this.rise();
  }
}
