/**
 * Numbers that threads tell each other without a message. Every word has one writer; all are counts modulo 2^32, so they
 * are compared by difference, never by size.
 *
 * ```
 *  thread 0:  │ produced │ consumed │ credit │ waiting │ …  │ cramped │ laden │ present │ … │ lookout │ (four cache lines)
 *  thread 1:  │ …
 *  engine:    │ command  │
 *  thread 0:  │ what it has under way (see `under-way.ts`)
 *  thread 1:  │ …
 * ```
 *
 * - produced: envelopes this thread has sent, published *before* anybody can receive them
 * - consumed: envelopes this thread has finished with, published *after* what they caused was counted as produced
 * - credit: how many envelopes the coordinator may have sent to this shard in all (I7); only grows
 * - waiting: 1 while the coordinator waits for this shard's credit and wants to be rung when there is more
 * - cramped: 1 while this thread has envelopes that found no room in a ring and wants to be rung when there is some
 * - laden: 1 while this shard has written so much since its last cut that the next one should not be waited for
 * - present: 1 once this shard takes turns, and all that it has to begin with is counted; with or without credit to give
 */

import { Lookout } from './lookout.ts';
import { LOOKOUT_FUNCTION, LOOKOUT_TURNS, LOOKOUT_WORDS } from './lookout-layout.ts';
import { UNDER_WAY_WORDS, UnderWay } from './under-way.ts';

const BLOCK_WORDS = 64;
const PRODUCED = 0;
const CONSUMED = 1;
const CREDIT = 2;
const WAITING = 3;
/** In the block's second cache line, which is hardly ever written: every thread reads it after every batch. */
const CRAMPED = 16;
const LADEN = 17;
const PRESENT = 18;
/** In the third and fourth, which the coordinator hardly ever reads: see `lookout-layout.ts`. */
const LOOKOUT = 32;

/** What the coordinator orders all shards to do. */
export const COMMAND_RUN = 0;
export const COMMAND_STOP = 1;

export function allocateCounters(threadCount: number): SharedArrayBuffer {
  return new SharedArrayBuffer((threadCount * (BLOCK_WORDS + UNDER_WAY_WORDS) + BLOCK_WORDS) * 4);
}

export class Counters {
  readonly #words: Int32Array;
  readonly #threadCount: number;

  constructor(shared: SharedArrayBuffer) {
    this.#words = new Int32Array(shared);
    this.#threadCount = (this.#words.length - BLOCK_WORDS) / (BLOCK_WORDS + UNDER_WAY_WORDS);
  }

  publishProduced(thread: number, count: number): void {
    Atomics.store(this.#words, thread * BLOCK_WORDS + PRODUCED, count);
  }

  /** At the end of each turn. */
  publishConsumed(thread: number, count: number): void {
    this.#words[thread * BLOCK_WORDS + LOOKOUT + LOOKOUT_FUNCTION] = 0;
    this.#words[thread * BLOCK_WORDS + LOOKOUT + LOOKOUT_TURNS]++;
    Atomics.store(this.#words, thread * BLOCK_WORDS + CONSUMED, count);
  }

  /** What a thread says of the invocation that it is in. */
  lookout(thread: number): Lookout {
    const start = thread * BLOCK_WORDS + LOOKOUT;
    return new Lookout(this.#words.subarray(start, start + LOOKOUT_WORDS), this.#underWay(thread));
  }

  #underWay(thread: number): UnderWay {
    const start = (this.#threadCount + 1) * BLOCK_WORDS + thread * UNDER_WAY_WORDS;
    return new UnderWay(this.#words.subarray(start, start + UNDER_WAY_WORDS));
  }

  consumed(thread: number): number {
    return Atomics.load(this.#words, thread * BLOCK_WORDS + CONSUMED);
  }

  publishCredit(thread: number, credit: number): void {
    Atomics.store(this.#words, thread * BLOCK_WORDS + CREDIT, credit);
  }

  credit(thread: number): number {
    return Atomics.load(this.#words, thread * BLOCK_WORDS + CREDIT);
  }

  setWaiting(thread: number, waiting: boolean): void {
    Atomics.store(this.#words, thread * BLOCK_WORDS + WAITING, waiting ? 1 : 0);
  }

  isWaiting(thread: number): boolean {
    return Atomics.load(this.#words, thread * BLOCK_WORDS + WAITING) === 1;
  }

  setCramped(thread: number, cramped: boolean): void {
    Atomics.store(this.#words, thread * BLOCK_WORDS + CRAMPED, cramped ? 1 : 0);
  }

  isCramped(thread: number): boolean {
    return Atomics.load(this.#words, thread * BLOCK_WORDS + CRAMPED) === 1;
  }

  setLaden(thread: number, laden: boolean): void {
    Atomics.store(this.#words, thread * BLOCK_WORDS + LADEN, laden ? 1 : 0);
  }

  isLaden(thread: number): boolean {
    return Atomics.load(this.#words, thread * BLOCK_WORDS + LADEN) === 1;
  }

  declarePresent(thread: number): void {
    Atomics.store(this.#words, thread * BLOCK_WORDS + PRESENT, 1);
  }

  isPresent(thread: number): boolean {
    return Atomics.load(this.#words, thread * BLOCK_WORDS + PRESENT) === 1;
  }

  order(command: number): void {
    Atomics.store(this.#words, this.#threadCount * BLOCK_WORDS, command);
  }

  command(): number {
    return Atomics.load(this.#words, this.#threadCount * BLOCK_WORDS);
  }

  /** Changes when anybody sends or finishes anything. */
  activity(): number {
    let sum = 0;
    for (let thread = 0; thread < this.#threadCount; thread++) {
      sum = (sum + this.consumed(thread) + Atomics.load(this.#words, thread * BLOCK_WORDS + PRODUCED)) | 0;
    }
    return sum;
  }

  /**
   * Whether nothing is in flight anywhere. All `consumed` are read first, then all `produced`. Both only grow and
   * consumed never exceeds produced, so when the sums agree, they agreed at the moment between the two readings.
   */
  isQuiescent(): boolean {
    let difference = 0;
    for (let thread = 0; thread < this.#threadCount; thread++) difference -= this.consumed(thread);
    for (let thread = 0; thread < this.#threadCount; thread++) {
      difference += Atomics.load(this.#words, thread * BLOCK_WORDS + PRODUCED);
    }
    return (difference | 0) === 0;
  }
}
