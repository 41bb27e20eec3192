/**
 * A ring as the ring benchmarks see it: two ends over shared memory, each of which carries a run of 32-byte records from
 * number 0 on. Both ends touch every word of every record and wait in the same way, so that what differs is the ring.
 *
 * Record n holds the words n, n + 1, … n + 7; the checksum is the sum of all words, modulo 2^32.
 */

export const RECORD_WORDS = 8;
/** What the engine's rings hold by default, for everybody. */
export const CAPACITY_BYTES = 256 * 1024;
/** Records that are made visible together where a ring can do that. */
export const BATCH_COUNT = 256;

export interface RingCarrier {
  allocate(): SharedArrayBuffer;
  /** A function that sends `count` records. Called again and again; a ring keeps its position. */
  openProducer(shared: SharedArrayBuffer): (count: number) => void;
  /** A function that receives `count` records and returns the sum of all their words. */
  openConsumer(shared: SharedArrayBuffer): (count: number) => number;
}

export function expectedSum(count: number): number {
  let sum = 0;
  for (let number = 0; number < count; number++) sum = (sum + number * RECORD_WORDS + 28) | 0;
  return sum;
}

/** With a core for each end nobody ever looks this often in vain. */
const LOOKS_MAX = 20_000;
const NAP_MS = 0.05;
const nap = new Int32Array(new SharedArrayBuffer(4));

/**
 * Called after each look in vain, with the count of such looks so far; returns the next one. Waiting is spinning, except
 * that on a crowded machine the other end must be let in at some time.
 */
export function lookAgain(lookCount: number): number {
  if (lookCount < LOOKS_MAX) return lookCount + 1;
  Atomics.wait(nap, 0, 0, NAP_MS);
  return 0;
}
