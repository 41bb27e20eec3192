/**
 * How a racing thread waits for the other: the real doorbell and idle strategy, or spinning. A park that lasts until
 * its time limit although there is something to do is a lost wake-up.
 */
import { DOORBELL_STRIDE_WORDS, Doorbell } from '../../src/ring/doorbell.ts';
import { IdleStrategy } from '../../src/ring/idle-strategy.ts';

const PARK_MS_MAX = 10_000;
const SPINS_BEFORE_NAP = 64;

export class RaceWaiter {
  readonly #own: Doorbell;
  readonly #other: Doorbell;
  readonly #idle: IdleStrategy;
  readonly #napping = new Int32Array(new SharedArrayBuffer(4));
  parkCount = 0;
  #spinCount = 0;

  constructor(bells: SharedArrayBuffer, thread: 0 | 1, mode: 'spin' | 'park') {
    const words = new Int32Array(bells);
    this.#own = new Doorbell(words, thread);
    this.#other = new Doorbell(words, 1 - thread);
    this.#idle = new IdleStrategy(mode);
  }

  static allocate(): SharedArrayBuffer {
    return new SharedArrayBuffer(2 * DOORBELL_STRIDE_WORDS * 4);
  }

  /** After something was published. */
  wakeOther(): void {
    this.#other.ring();
  }

  worked(): void {
    this.#idle.decide(1);
  }

  /** Waits a little, or until rung; `isReady` is the second look. */
  rest(isReady: () => boolean): void {
    if (this.#idle.decide(0) === 'park') this.#park(isReady);
    // Spinning threads that have to share one core would else wait for whole time slices.
    else if (++this.#spinCount % SPINS_BEFORE_NAP === 0) Atomics.wait(this.#napping, 0, 0, 0.05);
  }

  #park(isReady: () => boolean): void {
    this.#own.declareParked();
    if (isReady()) return this.#own.rise();
    const start = performance.now();
    this.#own.park(PARK_MS_MAX);
    this.parkCount++;
    if (performance.now() - start < PARK_MS_MAX || !isReady()) return;
    throw new Error('a wake-up was lost: nobody rang a thread that parked beside its work');
  }
}
