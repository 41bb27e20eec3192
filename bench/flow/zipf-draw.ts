/**
 * Keys by Zipf's law, as YCSB draws them: the k-th most wanted key comes up in proportion to 1 ÷ k^0.99, by the method of
 * Gray et al. ("Quickly Generating Billion-Record Synthetic Databases", 1994). Among 100,000 keys the first one gets 8 %
 * of all draws. Ranks are scattered over the keys, so that wanted ones do not lie together.
 */
import { Prng } from '../../src/base/prng.ts';

const THETA = 0.99;
/** Has no factor in common with usual numbers of keys. */
const SCATTER = 7_368_787;

export class ZipfDraw {
  readonly #count: number;
  readonly #random: Prng;
  readonly #alpha: number = 1 / (1 - THETA);
  readonly #zeta: number;
  readonly #eta: number;
  readonly #second: number = 1 + 0.5 ** THETA;

  constructor(count: number, seed: number) {
    this.#count = count;
    this.#random = new Prng(seed);
    this.#zeta = zetaOf(count);
    this.#eta = (1 - (2 / count) ** (1 - THETA)) / (1 - zetaOf(2) / this.#zeta);
  }

  /** How often the most wanted key comes up. */
  get firstShare(): number {
    return 1 / this.#zeta;
  }

  /** 0 for the most wanted one. */
  nextRank(): number {
    const share = this.#random.fraction();
    const position = share * this.#zeta;
    if (position < 1 || this.#count === 1) return 0;
    if (position < this.#second) return 1;
    const rank = Math.floor(this.#count * (this.#eta * share - this.#eta + 1) ** this.#alpha);
    return Math.min(rank, this.#count - 1);
  }

  /** The number of a key, below the number of keys. */
  next(): number {
    return (this.nextRank() * SCATTER) % this.#count;
  }
}

function zetaOf(count: number): number {
  let sum = 0;
  for (let rank = 1; rank <= count; rank++) sum += rank ** -THETA;
  return sum;
}
