/**
 * Whether any of an epoch is encoded before it ends. An entity that is written again has been encoded for nothing, so this
 * looks at how often that happens: where the same entities are written again and again there is none of it, but for a
 * try now and then. The shard's snapshot owns it; it decides that, and nothing else.
 */

/** Of a delta's records, those of entities that it had one of already. */
interface Encoded {
  readonly count: number;
  readonly repeatedCount: number;
}

/** So many records may be repeated, and besides … */
const REPEATED_FREE_COUNT = 256;
/** … so many of all that there are … */
const REPEATED_SHARE = 0.25;
/** … or else so many epochs go by without any ahead. */
const REST_EPOCHS = 16;

export class AheadPace {
  readonly #countMin: number;
  #restEpochs = 0;

  /** Nothing is encoded ahead as long as fewer than `countMin` entities are there to be: few take no time at the cut. */
  constructor(countMin: number) {
    this.#countMin = countMin;
  }

  /** Whether some of those that are there may be encoded now. */
  allows(listedCount: number, encoded: Encoded): boolean {
    return listedCount >= this.#countMin && this.#restEpochs === 0 && !isTooMuch(encoded);
  }

  /** All of an epoch has been encoded. */
  endEpoch(encoded: Encoded): void {
    if (isTooMuch(encoded)) this.#restEpochs = REST_EPOCHS;
    else if (this.#restEpochs > 0) this.#restEpochs--;
  }
}

function isTooMuch({ count, repeatedCount }: Encoded): boolean {
  return repeatedCount > REPEATED_FREE_COUNT + count * REPEATED_SHARE;
}
