/**
 * Picks some of very many things, and counts them all, so that it costs those that are not picked next to nothing: one
 * subtraction each, and what is counted follows from how far it is to the next pick. The gaps are of random length, so
 * that what comes in a regular order is picked evenly.
 */

/** One in so many, on average, unless another number is given. */
const MEAN_GAP = 64;
const FIRST_STATE = 0x9e3779b9;

export class Sampling {
  readonly #isOn: boolean;
  readonly #meanGap: number;
  #state = FIRST_STATE;
  /** How far it is to the next pick. */
  #left = 1;
  /** How many there will have been with that one. */
  #countThen = 1;

  /**
   * Without `isOn` it picks nothing. The first of all is picked, but by one of many, which has a `place` among them: it
   * begins as though it had been at it before, since their firsts are not like the rest and would be picked too often.
   */
  constructor(isOn: boolean, meanGap: number = MEAN_GAP, place?: number) {
    this.#isOn = isOn;
    this.#meanGap = meanGap;
    if (place === undefined) return;
    this.#state = Math.imul(FIRST_STATE, 2 * place + 1);
    // The rest of a gap in which one begins to look.
    this.#left = Math.min(this.#nextGap(), this.#nextGap());
    this.#countThen = this.#left;
  }

  /** One more. Whether it is to be looked at. */
  picks(): boolean {
    return --this.#left === 0 && this.#pick();
  }

  /** So many more, which nobody can look at. */
  skip(count: number): void {
    this.#countThen += count;
  }

  /** How many there have been. */
  get count(): number {
    return this.#countThen - this.#left;
  }

  #pick(): boolean {
    this.#left = this.#nextGap();
    this.#countThen += this.#left;
    return this.#isOn;
  }

  /** From 1 to twice the mean, evenly (xorshift). */
  #nextGap(): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state;
    return 1 + ((state >>> 0) % (2 * this.#meanGap - 1));
  }
}
