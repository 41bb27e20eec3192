/**
 * Picks some of very many things, so that looking at those costs the others next to nothing: one subtraction each. The
 * gaps are of random length, so that what comes in a regular order is picked evenly.
 */

/** One in so many, on average, unless another number is given. */
const MEAN_GAP = 64;

export class Sampling {
  readonly #isOn: boolean;
  readonly #meanGap: number;
  #left: number;
  #state = 0x9e3779b9;

  /** Without `isOn` it picks nothing. */
  constructor(isOn: boolean, meanGap: number = MEAN_GAP) {
    this.#isOn = isOn;
    this.#meanGap = meanGap;
    this.#left = 1;
  }

  /** Whether this one is to be looked at. */
  picks(): boolean {
    if (--this.#left > 0) return false;
    this.#left = 1 + this.#next();
    return this.#isOn;
  }

  /** From 0 to twice the mean, evenly (xorshift). */
  #next(): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state;
    return (state >>> 0) % (2 * this.#meanGap - 1);
  }
}
