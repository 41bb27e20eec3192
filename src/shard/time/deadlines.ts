/**
 * Watches how long the async invocations of functions with a deadline take. One that is late is reported and told
 * through its signal; one that then does not end within a time of grace is given up. A deadline is the same for all
 * invocations of a function, so those that began first are late first: a list per length of time is all it takes.
 */
import type { Clock } from '../../base/clock.ts';

/** What is watched: anything that is told when it is late, and then when it is to be given up. */
export interface Watched {
  readonly deadlineMs: number;
  /** By `elapsedMs` of the clock. */
  readonly beganAtMs: number;
  /** Reported, and given the time of grace. */
  isLate: boolean;
  /** By `elapsedMs` of the clock. */
  dueMs: number;
}

/** After its deadline an invocation gets as long again to end, but no longer than this. */
export const GRACE_MS_MAX = 5_000;

/** Those with the same time to go, oldest first. */
interface Lane<Item> {
  readonly periodMs: number;
  readonly items: Set<Item>;
  /** None of them is due before. */
  dueMs: number;
}

export class Deadlines<Item extends Watched> {
  readonly #clock: Clock;
  readonly #lanes: Lane<Item>[] = [];
  /** Nothing is due before. */
  #dueMs = Number.POSITIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How long until something may be due. */
  get dueInMs(): number {
    if (this.#dueMs === Number.POSITIVE_INFINITY) return this.#dueMs;
    return Math.max(0, this.#dueMs - this.#clock.elapsedMs());
  }

  get isEmpty(): boolean {
    return this.#lanes.every(({ items }) => items.size === 0);
  }

  /** From now on it is watched. */
  add(item: Item): void {
    this.#wait(item, item.beganAtMs, item.deadlineMs);
  }

  remove(item: Item): void {
    for (const { items } of this.#lanes) if (items.delete(item)) return;
  }

  /** Calls back for each whose time has come: when it is late, and when its grace is over, after which it is forgotten. */
  check(due: (item: Item) => void): void {
    if (this.dueInMs > 0) return;
    const now = this.#clock.elapsedMs();
    for (const lane of this.#lanes) if (lane.dueMs <= now) this.#checkLane(lane, now, due);
    this.#dueMs = Math.min(...this.#lanes.map(({ dueMs }) => dueMs));
  }

  #checkLane(lane: Lane<Item>, now: number, due: (item: Item) => void): void {
    lane.dueMs = Number.POSITIVE_INFINITY;
    for (const item of lane.items) {
      if (item.dueMs > now) {
        lane.dueMs = item.dueMs;
        return;
      }
      lane.items.delete(item);
      due(item);
      if (item.isLate) continue;
      item.isLate = true;
      this.#wait(item, now, Math.min(item.deadlineMs, GRACE_MS_MAX));
    }
  }

  #wait(item: Item, fromMs: number, periodMs: number): void {
    let lane = this.#lanes.find((one) => one.periodMs === periodMs);
    if (lane === undefined) {
      lane = { periodMs, items: new Set(), dueMs: Number.POSITIVE_INFINITY };
      this.#lanes.push(lane);
    }
    item.dueMs = fromMs + periodMs;
    lane.items.add(item);
    lane.dueMs = Math.min(lane.dueMs, item.dueMs);
    this.#dueMs = Math.min(this.#dueMs, item.dueMs);
  }
}
