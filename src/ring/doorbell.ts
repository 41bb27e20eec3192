/**
 * Wakes a sleeping thread, and costs a running one nothing: a producer rings only after it has published, and the bell
 * sounds only if its owner sleeps.
 *
 * No wake-up is lost, because the owner first declares that it sleeps and then looks at its inputs once more, while a
 * producer first publishes and then looks at the declaration. Both orders are sequentially consistent, so at least one
 * of the two sees the other. Whoever declares a nap wakes by himself soon, so what can wait that long need not wake him.
 *
 * A thread whose event loop goes on may be woken from there, too. The wait for the others then stays as it is and serves
 * the next sleep: a notification wakes all who wait at the word, however long they have, and whatever it was meanwhile.
 */

const AWAKE = 0;
const PARKED = 1;
const NAPPING = 2;

/** Words between two doorbells, so that two threads never write one cache line. */
export const DOORBELL_STRIDE_WORDS = 32;

const NOTHING = (): void => undefined;

export class Doorbell {
  readonly #words: Int32Array;
  readonly #index: number;
  /** The time limit of the asynchronous wait that has not ended; 0 if there is none. */
  #waitMs = 0;
  /** Number of that wait: an older one, with a longer limit, may still end. */
  #waitNumber = 0;
  /** End the sleep of a thread whose event loop goes on. */
  #wake: () => void = NOTHING;
  #fail: (error: unknown) => void = NOTHING;

  /** `index` is the thread's number; the words are shared by all threads of an engine. */
  constructor(words: Int32Array, index: number) {
    this.#words = words;
    this.#index = index * DOORBELL_STRIDE_WORDS;
  }

  /** Producer: call after publishing. */
  ring(): void {
    const state = Atomics.load(this.#words, this.#index);
    if (state !== AWAKE) this.#sound(state);
  }

  /** Producer: the same for what may wait until the end of a nap. */
  ringUnhurried(): void {
    if (Atomics.load(this.#words, this.#index) === PARKED) this.#sound(PARKED);
  }

  /** If the owner has risen since, it looks at all its inputs before it sleeps again. */
  #sound(state: number): void {
    if (Atomics.compareExchange(this.#words, this.#index, state, AWAKE) === state) {
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

  /** Owner: the same before a short `parkAsync`, which only what is urgent ends early. */
  declareNapping(): void {
    Atomics.store(this.#words, this.#index, NAPPING);
  }

  rise(): void {
    Atomics.store(this.#words, this.#index, AWAKE);
  }

  /** Owner: blocks the thread, its promises and timers included, until somebody rings or the time is up. */
  park(timeoutMs: number): void {
    Atomics.wait(this.#words, this.#index, PARKED, timeoutMs);
    this.rise();
  }

  /**
   * Owner: the same for a thread whose event loop must go on, until `wake` at the latest. It may end too early. Does not
   * by itself keep a process alive.
   */
  async parkAsync(timeoutMs: number): Promise<void> {
    const state = Atomics.load(this.#words, this.#index);
    if (state !== AWAKE && this.#waits(state, timeoutMs)) {
      await new Promise<void>((resolve, reject) => {
        this.#wake = resolve;
        this.#fail = reject;
      });
      this.#wake = NOTHING;
    }
    this.rise();
  }

  /** Owner: ends `parkAsync` from the thread's own event loop. */
  wake(): void {
    this.#wake();
  }

  /** Makes sure that a ring is heard, and the time limit; false if it was rung already. */
  #waits(state: number, timeoutMs: number): boolean {
    if (this.#waitMs !== 0 && this.#waitMs <= timeoutMs) return true;
    const wait = Atomics.waitAsync(this.#words, this.#index, state, timeoutMs);
    if (!wait.async) return false;
    const number = ++this.#waitNumber;
    this.#waitMs = timeoutMs;
    wait.value.then(
      () => {
        if (number === this.#waitNumber) this.#waitMs = 0;
        this.#wake();
      },
      (error: unknown) => this.#fail(error),
    );
    return true;
  }
}
