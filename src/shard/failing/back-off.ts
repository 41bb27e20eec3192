/**
 * Entities whose message has failed and is to be tried again, by the moment at which it is: a heap, since very many may
 * wait at once. Pauses are drawn from the injected generator, so that a simulated run stays the same run.
 */
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { Backoff } from '../../sdk/failure-policy.ts';
import type { Entity } from '../../state/entity.ts';

const DUE_COUNT_MAX = 256;
const NOBODY: readonly Entity[] = [];

interface Pause {
  readonly entity: Entity;
  /** By `elapsedMs` of the clock. */
  readonly dueMs: number;
}

/** How long to wait after so many failures; `random` is from 0 to 1. */
export function pauseMs(failureCount: number, backoff: Required<Backoff>, random: number): number {
  const { initialMs, factor, maxMs, jitter } = backoff;
  const wholeMs = Math.min(maxMs, initialMs * factor ** (failureCount - 1));
  return wholeMs * (1 - jitter * random);
}

export class BackOff {
  readonly #clock: Clock;
  readonly #random: Random;
  /** Nobody is due before the one at half the place. */
  readonly #heap: Pause[] = [];

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** How long until somebody is due. */
  get dueInMs(): number {
    if (this.#heap.length === 0) return Number.POSITIVE_INFINITY;
    return Math.max(0, this.#heap[0].dueMs - this.#clock.elapsedMs());
  }

  /** The first message of this entity's line is tried again after a pause. */
  add(entity: Entity, failureCount: number, backoff: Required<Backoff>): void {
    const pause = { entity, dueMs: this.#clock.elapsedMs() + pauseMs(failureCount, backoff, this.#random()) };
    const heap = this.#heap;
    let at = heap.length;
    heap.push(pause);
    for (let above = (at - 1) >> 1; at > 0 && heap[above].dueMs > pause.dueMs; above = (at - 1) >> 1) {
      heap[at] = heap[above];
      at = above;
    }
    heap[at] = pause;
  }

  /** Those whose time has come, who then no longer wait here; as many as one turn may try again (I10). */
  takeDue(): readonly Entity[] {
    if (this.#heap.length === 0) return NOBODY;
    const due: Entity[] = [];
    while (due.length < DUE_COUNT_MAX) {
      const entity = this.#take();
      if (entity === undefined) break;
      due.push(entity);
    }
    return due;
  }

  #take(): Entity | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.dueMs > this.#clock.elapsedMs()) return undefined;
    const last = this.#heap.pop() as Pause;
    if (this.#heap.length > 0) this.#sink(last);
    return first.entity;
  }

  /** Puts a pause in from the top. */
  #sink(pause: Pause): void {
    const heap = this.#heap;
    let at = 0;
    for (let below = 1; below < heap.length; below = 2 * at + 1) {
      if (below + 1 < heap.length && heap[below + 1].dueMs < heap[below].dueMs) below++;
      if (heap[below].dueMs >= pause.dueMs) break;
      heap[at] = heap[below];
      at = below;
    }
    heap[at] = pause;
  }
}
