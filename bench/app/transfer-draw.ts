/**
 * Which transfers there are: two accounts and an amount at random. The engine and its rivals draw the same ones.
 */
import { Prng } from '../../src/base/prng.ts';
import { entityIds } from '../flow/entity-ids.ts';

const AMOUNT_MAX = 100;

export interface TransferOrder {
  readonly from: string;
  readonly to: string;
  readonly amount: number;
}

export class TransferDraw {
  readonly ids: readonly string[];
  readonly #random = new Prng(1);

  constructor(accounts: number) {
    this.ids = entityIds(accounts);
  }

  next(): TransferOrder {
    const { ids } = this;
    const random = this.#random;
    const from = ids[random.below(ids.length)];
    return { from, to: ids[random.below(ids.length)], amount: 1 + random.below(AMOUNT_MAX) };
  }
}
