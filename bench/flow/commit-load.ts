/**
 * Load from the main thread, each send with a promise until it is committed: as fast as it goes, or at a fixed rate.
 *
 * At a fixed rate each send has an intended time, whether or not the sender gets to it then, and its latency counts from
 * that time: a sender that is held up must not hide it by sending later. Sends go out in ticks of a millisecond, as
 * requests that come over a network would; up to a millisecond of the latency is waiting for the tick.
 */
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import type { Engine } from '../../src/index.ts';
import type { LatencyHistogram } from '../../src/metrics/latency.ts';
import type { Hop } from './all-to-all-topology.ts';
import type { TargetDraw } from './entity-ids.ts';

const ENTITY = 'bench/entity';
const COUNT_ONCE: Hop = { hops: 0 };
/** Sends between two turns of the event loop. */
const TURN_COUNT = 256;
/** Sends that wait for their commit at the same time, as fast as it goes. More do not make it faster. */
const OUTSTANDING_MAX = 32_768;
const TICK_MS = 1;

export class CommitLoad {
  readonly #engine: Engine;
  readonly #draw: TargetDraw;
  #sentCount = 0;
  #outstandingCount = 0;
  #failure: Error | undefined;
  #wake: () => void = () => {};

  constructor(engine: Engine, draw: TargetDraw) {
    this.#engine = engine;
    this.#draw = draw;
  }

  /** Since the beginning; each was committed when nothing is under way. */
  get sentCount(): number {
    return this.#sentCount;
  }

  /** Seconds until so many are sent and committed. */
  async saturate(count: number): Promise<number> {
    const startedMs = performance.now();
    for (let left = count; left > 0; left -= TURN_COUNT) {
      for (let index = Math.min(left, TURN_COUNT); index > 0; index--) this.#send(() => {});
      await turn();
      while (this.#outstandingCount >= OUTSTANDING_MAX) await this.#committed();
    }
    await this.#allCommitted();
    return (performance.now() - startedMs) / 1000;
  }

  /** Sends so many at this rate, and records how long each took from its intended time until it was committed. */
  async sendAtRate(perSecond: number, count: number, histogram: LatencyHistogram): Promise<void> {
    const startedMs = performance.now();
    for (let index = 0; index < count; ) {
      const dueCount = Math.min(count, Math.floor(((performance.now() - startedMs) * perSecond) / 1000));
      for (; index < dueCount; index++) {
        const intendedMs = startedMs + (index * 1000) / perSecond;
        this.#send(() => histogram.record((performance.now() - intendedMs) * 1000));
      }
      if (index < count) await sleep(TICK_MS);
    }
    await this.#allCommitted();
  }

  #send(committed: () => void): void {
    this.#sentCount++;
    this.#outstandingCount++;
    this.#engine.send(ENTITY, this.#draw.next(), COUNT_ONCE).then(
      () => {
        this.#outstandingCount--;
        committed();
        this.#wake();
      },
      (error: Error) => {
        this.#failure = error;
        this.#wake();
      },
    );
  }

  async #allCommitted(): Promise<void> {
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
