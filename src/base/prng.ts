/**
 * A seeded generator of random numbers: sfc32 (Chris Doty-Humphrey, PractRand), 128 bits of state. The simulation and
 * the benchmarks draw from it, so that one number names a whole run. Never use it where an adversary could guess.
 */

export class Prng {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number) {
    this.#a = seed | 0;
    this.#b = Math.floor(seed / 0x1_0000_0000) | 0;
    this.#c = 0x9e3779b9 | 0;
    for (let round = 0; round < 12; round++) this.int32();
  }

  /** A uniformly distributed signed 32-bit integer. */
  int32(): number {
    const result = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + result) | 0;
    return result;
  }

  /** A uniform integer in `[0, bound)`; the bias is below one in four million for bounds under a thousand. */
  below(bound: number): number {
    return Math.floor(((this.int32() >>> 0) / 0x1_0000_0000) * bound);
  }

  /** Uniform in `[0, 1)`, in steps of 2^-32. */
  fraction(): number {
    return (this.int32() >>> 0) / 0x1_0000_0000;
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)];
  }
}
