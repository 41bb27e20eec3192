/**
 * Wakes a sleeping thread, and costs a running one nothing: a producer rings only after it has published, and the bell
 * sounds only if its owner sleeps.
 *
 * No wake-up is lost, because the owner first declares that it sleeps and then looks at its inputs once more, while a
 * producer first publishes and then looks at the declaration. Both orders are sequentially consistent, so at least one
 * of the two sees the other. Whoever declares a nap wakes by himself soon, so what can wait that long need not wake him.
 *
 * A thread whose event loop goes on is also woken from there, without a system call: in the same round of the loop, but
 * after all timers that are due together, so what ends together is carried out in one turn. The wait for the others then
 * stays as it is and serves the next sleep, however long that is: a notification wakes whoever sleeps by then.
 */
import { type EventLoop, systemLoop } from '../base/timers.ts';

const AWAKE = 0;
const PARKED = 1;
const NAPPING = 2;

/** Words between two doorbells, so that two threads never write one cache line. */
export const DOORBELL_STRIDE_WORDS = 32;

/** The shortest time that timers know. Whoever has less goes round the event loop once. */
const SLEEP_MS_MIN = 1;

export class Doorbell {
  readonly #words: Int32Array;
  readonly #index: number;
  readonly #loop: EventLoop;
  /** Whether the wait for others stands. */
  #isListening = false;
  #isWaking = false;
  /** There while a thread sleeps whose event loop goes on. */
  #wake: (() => void) | undefined;
  readonly #onRung = (): void => {
    this.#isListening = false;
    this.#wake?.();
  };
  readonly #onOwn = (): void => {
    this.#isWaking = false;
    this.#wake?.();
  };

  /** `index` is the thread's number; the words are shared by all threads of an engine. `loop` is the owner's. */
  constructor(words: Int32Array, index: number, loop: EventLoop = systemLoop) {
    this.#words = words;
    this.#index = index * DOORBELL_STRIDE_WORDS;
    this.#loop = loop;
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
   * Owner: the same for a thread whose event loop must go on, until `wake` at the latest. It may end too early. Never two
   * at a time. Does not by itself keep a process alive.
   */
  async parkAsync(timeoutMs: number): Promise<void> {
    if (timeoutMs < SLEEP_MS_MIN) await this.#goRound();
    else if (this.#listens()) await this.#sleep(timeoutMs);
    this.rise();
  }

  /** Owner: ends `parkAsync` from the thread's own event loop, soon. */
  wake(): void {
    if (this.#wake === undefined || this.#isWaking) return;
    this.#isWaking = true;
    this.#loop.soon(this.#onOwn);
  }

  /** Owner, when it will sleep no more: ends the wait for others, which would keep all this in memory. */
  close(): void {
    if (this.#isListening) Atomics.notify(this.#words, this.#index);
  }

  /** Makes sure that a ring is heard; false if it was rung already. */
  #listens(): boolean {
    const state = Atomics.load(this.#words, this.#index);
    if (state === AWAKE) return false;
    if (this.#isListening) return true;
    const wait = Atomics.waitAsync(this.#words, this.#index, state);
    if (!wait.async) return false;
    this.#isListening = true;
    void wait.value.then(this.#onRung);
    return true;
  }

  #goRound(): Promise<void> {
    return new Promise<void>((resolve) => {
      this.#loop.soon(resolve);
    });
  }

  async #sleep(timeoutMs: number): Promise<void> {
    let timer: unknown;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      timer = this.#loop.set(resolve, timeoutMs);
    });
    this.#wake = undefined;
    this.#loop.clear(timer);
  }
}
