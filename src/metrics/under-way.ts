/**
 * What a shard has begun and not ended when its turn is over, for the coordinator to find when the thread dies, or does
 * not come back, between its turns: user code goes on there after an `await`, and nobody can see whose it is. The shard's
 * thread alone writes, with plain stores, when something begins and when it ends; whoever reads does so when the thread is
 * dead, or takes what it sees for a guess.
 *
 * ```
 *  │ how many in all │ slot: function + 1 │ hash of the id │ fingerprint │ slot … │
 * ```
 *
 * A slot whose function is 0 is free. What begins when all are taken is counted and has none.
 */
const COUNT = 0;
const SLOTS = 1;
const SLOT_WORDS = 3;
const SLOT_COUNT = 1_024;
const SLOT_FUNCTION = 0;
const SLOT_HASH = 1;
const SLOT_FINGERPRINT = 2;

export const UNDER_WAY_WORDS: number = SLOTS + SLOT_COUNT * SLOT_WORDS;
export const NO_SLOT = -1;

/** One async invocation, or one operation of `ctx.async`. */
export interface Involved {
  readonly functionIndex: number;
  readonly hash: number;
  /** Of the message that it comes of; 0 if nobody took it. */
  readonly fingerprint: number;
}

export class UnderWay {
  readonly #words: Int32Array;
  /** Slots that were used and are free again. */
  readonly #free: number[] = [];
  /** All behind it have never been used. */
  #usedCount = 0;

  constructor(words: Int32Array) {
    this.#words = words;
  }

  /** Returns its slot, or `NO_SLOT`. */
  add(functionIndex: number, hash: number, fingerprint: number): number {
    const words = this.#words;
    words[COUNT]++;
    let slot = this.#free.pop();
    if (slot === undefined) {
      if (this.#usedCount === SLOT_COUNT) return NO_SLOT;
      slot = this.#usedCount++;
    }
    const at = SLOTS + slot * SLOT_WORDS;
    words[at + SLOT_HASH] = hash;
    words[at + SLOT_FINGERPRINT] = fingerprint;
    words[at + SLOT_FUNCTION] = functionIndex + 1;
    return slot;
  }

  remove(slot: number): void {
    this.#words[COUNT]--;
    if (slot === NO_SLOT) return;
    this.#words[SLOTS + slot * SLOT_WORDS + SLOT_FUNCTION] = 0;
    this.#free.push(slot);
  }

  fingerprintAt(slot: number): number {
    return slot === NO_SLOT ? 0 : this.#words[SLOTS + slot * SLOT_WORDS + SLOT_FINGERPRINT];
  }

  /** The shard itself has failed, and nothing of that. */
  clear(): void {
    this.#words.fill(0);
  }

  get count(): number {
    return this.#words[COUNT];
  }

  /** Those that have slots. */
  list(): Involved[] {
    const words = this.#words;
    const involved: Involved[] = [];
    for (let at = SLOTS; at < UNDER_WAY_WORDS; at += SLOT_WORDS) {
      const fn = words[at + SLOT_FUNCTION];
      if (fn === 0) continue;
      involved.push({ functionIndex: fn - 1, hash: words[at + SLOT_HASH], fingerprint: words[at + SLOT_FINGERPRINT] });
    }
    return involved;
  }
}
