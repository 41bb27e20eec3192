/**
 * Load from the main thread, each send with a promise until it is committed: as fast as it goes, or at a fixed rate.
 *
 * At a fixed rate (`open-loop/pacer.ts`) each send has an intended time, whether or not the sender gets to it then, and its
 * latency counts from that time.
 *
 * Sends of one epoch get one and the same promise, and the load keeps its books by it. With a promise and a closure of
 * its own for each send it measured mostly itself: after one hold-up of 50 ms the collector had so many of them to move
 * that the program never caught up.
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { LatencyHistogram } from '../../src/metrics/latency.ts';
import { epochMs } from '../harness/epoch-clock.ts';

/** Sends between two turns of the event loop. */
const TURN_COUNT = 256;
/**
 * Sends that wait for their commit at the same time, as fast as it goes. With a checkpoint every 100 ms those of 100 ms
 * do, and longer: with fewer the figure would be how many may wait, and not how many the engine can do.
 */
const OUTSTANDING_MAX = 131_072;

/** Sends that wait for the same commit. */
class Batch {
  /** When each was to be sent, on the clock of all threads. */
  readonly intendedMs: number[] = [];
  count = 0;
}

export class CommitLoad {
  readonly #sendOne: () => Promise<void>;
  readonly #histogram: LatencyHistogram;
  #sentCount = 0;
  #outstandingCount = 0;
  #last: Promise<void> | undefined;
  #batch = new Batch();
  #failure: Error | undefined;
  #wake: () => void = () => {};

  /**
   * `sendOne` sends the next message, with a promise until it is committed; `histogram` gets the latencies of those sends
   * that have an intended time.
   */
  constructor(sendOne: () => Promise<void>, histogram: LatencyHistogram) {
    this.#sendOne = sendOne;
    this.#histogram = histogram;
  }

  /** Since the beginning; each was committed when nothing is under way. */
  get sentCount(): number {
    return this.#sentCount;
  }

  /** Seconds until so many are sent and committed. */
  async saturate(count: number): Promise<number> {
    const startedMs = performance.now();
    for (let left = count; left > 0; left -= TURN_COUNT) {
      for (let index = Math.min(left, TURN_COUNT); index > 0; index--) this.#send();
      await turn();
      while (this.#outstandingCount >= OUTSTANDING_MAX) await this.#committed();
    }
    await this.allCommitted();
    return (performance.now() - startedMs) / 1000;
  }

  /** Sends one, which was to be sent at this time. */
  send(intendedEpochMs: number): void {
    this.#send();
    this.#batch.intendedMs.push(intendedEpochMs);
  }

  #send(): void {
    this.#sentCount++;
    this.#outstandingCount++;
    const committed = this.#sendOne();
    if (committed !== this.#last) this.#begin(committed);
    this.#batch.count++;
  }

  #begin(committed: Promise<void>): void {
    const batch = new Batch();
    this.#last = committed;
    this.#batch = batch;
    committed.then(
      () => this.#end(batch),
      (error: Error) => {
        this.#failure = error;
        this.#wake();
      },
    );
  }

  #end({ count, intendedMs }: Batch): void {
    const nowMs = epochMs();
    for (const sentMs of intendedMs) this.#histogram.record((nowMs - sentMs) * 1000);
    this.#outstandingCount -= count;
    this.#wake();
  }

  async allCommitted(): Promise<void> {
    while (this.#outstandingCount > 0) await this.#committed();
  }

  /** Resolves when one more is committed. */
  async #committed(): Promise<void> {
    if (this.#failure === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#failure !== undefined) throw this.#failure;
  }
}
