/**
 * Which timers lie in memory: those of the near future. The rest stays in the store, sorted by when they are due, and is
 * read window by window, in each key group only where something is due soon; so pending timers cost disk, not memory.
 * Reading happens between turns (`Rows.scan`), a bounded number at a time, and well before anything is due.
 *
 * Each key group has a *horizon*, a stamp: all its timers below it are in the queue, or were; of those above it is known
 * when the first one is due. What is added while a group is being read waits until it is known how far that has come.
 *
 * In the queue a timer is a number: that of its pair of rows if it was set in this run, or else one below 0 that stands for
 * its key (`~` the number in `QueuedKeys`).
 */
import { afterPrefix } from '../../state/row.ts';
import type { Pair } from '../../state/pair-layout.ts';
import type { QueuedKeys } from '../../timers/queued-keys.ts';
import { dueBytes, dueOfStamp, hintKey, stampOfTimer, timerKey } from '../../timers/timer-layout.ts';
import type { TimerQueue } from '../../timers/timer-queue.ts';
import type { Rows } from '../rows/rows.ts';

/** How far a horizon is moved on, and how long before something above it is due that happens. */
const WINDOW_MS = 15_000;
const LEAD_MS = 5_000;
/** Timers of one reading; the next one goes on there. */
const CHUNK_COUNT = 512;
const READINGS_MAX = 4;
/** Timers in memory above which only what comes before all of them is read. */
const QUEUE_COUNT_MAX = 1 << 19;

/** One key group was read up to a new horizon. */
interface Reading {
  readonly keyGroup: number;
  readonly keys: readonly string[];
  readonly horizon: string;
  /** When the first one above it is due. */
  readonly nextMs: number;
}

export class TimerWindows {
  readonly #rows: Rows;
  readonly #queue: TimerQueue;
  readonly #keys: QueuedKeys;
  readonly #first: number;
  /** By key group, from the first of this shard on. */
  readonly #horizons: string[];
  /** When what comes first above them would be due. */
  readonly #horizonsMs: Float64Array;
  readonly #nextMs: Float64Array;
  /** The least of all of these. */
  #soonestMs = Number.POSITIVE_INFINITY;
  /** Key groups that are being read, with the stamps that came meanwhile. */
  readonly #pending = new Map<number, string[]>();
  #come: Reading[] = [];
  #failure: Error | undefined;
  readonly #progressed: () => void;

  constructor(
    rows: Rows,
    queue: TimerQueue,
    keys: QueuedKeys,
    keyGroups: { readonly first: number; readonly end: number },
    progressed: () => void,
  ) {
    this.#rows = rows;
    this.#queue = queue;
    this.#keys = keys;
    this.#first = keyGroups.first;
    this.#progressed = progressed;
    const count = keyGroups.end - keyGroups.first;
    this.#horizons = new Array<string>(count).fill('');
    this.#horizonsMs = new Float64Array(count);
    this.#nextMs = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  }

  /** Whether something is being read. */
  get isReading(): boolean {
    return this.#pending.size > this.#come.length;
  }

  /** When there is something to do here. */
  get wakeMs(): number {
    if (this.#come.length > 0 || this.#failure !== undefined) return 0;
    // What is being read calls back. With a full queue nothing is read that comes after all of it.
    if (this.#pending.size >= READINGS_MAX || (this.#isFull && this.#soonestMs > this.#queue.dueMs))
      return Number.POSITIVE_INFINITY;
    return this.#soonestMs - LEAD_MS;
  }

  /** This key group may hold timers that nobody has looked at. */
  suspect(keyGroup: number): void {
    this.#expect(keyGroup, 0);
  }

  /** A timer was set. Returns whether it is in the queue now. */
  add(timer: Pair, keyGroup: number, dueMs: number, nowMs: number): boolean {
    const at = keyGroup - this.#first;
    if (!this.#isBelow(at, timer, dueMs)) {
      if (this.#pending.has(keyGroup)) {
        this.#pending.get(keyGroup)?.push(this.#stampOf(timer));
        return false;
      }
      if (!this.#isClear(at) || dueMs >= nowMs + WINDOW_MS) {
        this.#expect(keyGroup, dueMs);
        return false;
      }
      this.#setHorizon(at, dueBytes(nowMs + WINDOW_MS));
    }
    this.#queue.add(dueMs, timer);
    return true;
  }

  #isBelow(at: number, timer: Pair, dueMs: number): boolean {
    const horizonMs = this.#horizonsMs[at];
    return dueMs === horizonMs ? this.#stampOf(timer) < this.#horizons[at] : dueMs < horizonMs;
  }

  #stampOf(timer: Pair): string {
    return stampOfTimer(this.#rows.pairs.all.firstKey(timer));
  }

  #setHorizon(at: number, horizon: string): void {
    this.#horizons[at] = horizon;
    this.#horizonsMs[at] = dueOfStamp(horizon);
  }

  /** Whether nothing is known above the horizon, so that it may be moved on without reading. */
  #isClear(at: number): boolean {
    return this.#nextMs[at] === Number.POSITIVE_INFINITY && !this.#isFull;
  }

  get #isFull(): boolean {
    return this.#queue.size >= QUEUE_COUNT_MAX;
  }

  #expect(keyGroup: number, dueMs: number): void {
    const at = keyGroup - this.#first;
    if (dueMs < this.#nextMs[at]) this.#nextMs[at] = dueMs;
    if (dueMs < this.#soonestMs) this.#soonestMs = dueMs;
  }

  /** Takes in what was read, and begins to read what is due soon. Returns how many timers have come. */
  work(nowMs: number): number {
    if (this.#failure !== undefined) throw this.#failure;
    let count = 0;
    if (this.#come.length > 0) {
      for (const reading of this.#come.splice(0)) count += this.#take(reading);
    }
    if (this.#soonestMs <= nowMs + LEAD_MS && this.#pending.size < READINGS_MAX) this.#readMore(nowMs);
    return count;
  }

  #take({ keyGroup, keys, horizon, nextMs }: Reading): number {
    const at = keyGroup - this.#first;
    for (const key of keys) this.#addKey(dueOfStamp(stampOfTimer(key)), key);
    // After a clock was set back the old one may be further.
    if (horizon > this.#horizons[at]) this.#setHorizon(at, horizon);
    const late = this.#pending.get(keyGroup) ?? [];
    this.#pending.delete(keyGroup);
    this.#expect(keyGroup, nextMs);
    for (const stamp of late) {
      const dueMs = dueOfStamp(stamp);
      if (stamp < this.#horizons[at]) this.#addKey(dueMs, timerKey(keyGroup, stamp));
      else this.#expect(keyGroup, dueMs);
    }
    return keys.length + 1;
  }

  #addKey(dueMs: number, key: string): void {
    this.#queue.add(dueMs, ~this.#keys.put(key));
  }

  #readMore(nowMs: number): void {
    const latestMs = Math.min(nowMs + LEAD_MS, this.#isFull ? this.#queue.dueMs : Number.POSITIVE_INFINITY);
    let soonestMs = Number.POSITIVE_INFINITY;
    let hasBegun = false;
    for (let at = 0; at < this.#nextMs.length; at++) {
      const nextMs = this.#nextMs[at];
      // One a turn: what memory has of the key group is sorted then (I10).
      if (nextMs <= latestMs && !hasBegun) {
        this.#read(at, nowMs);
        hasBegun = true;
      } else if (nextMs < soonestMs) {
        soonestMs = nextMs;
      }
    }
    this.#soonestMs = soonestMs;
  }

  #read(at: number, nowMs: number): void {
    const keyGroup = at + this.#first;
    this.#nextMs[at] = Number.POSITIVE_INFINITY;
    this.#pending.set(keyGroup, []);
    this.#scan(keyGroup, this.#horizons[at], dueBytes(nowMs + WINDOW_MS)).then(
      (reading) => {
        this.#come.push(reading);
        this.#progressed();
      },
      (cause: unknown) => {
        this.#failure ??= cause instanceof Error ? cause : new Error(String(cause));
        this.#progressed();
      },
    );
  }

  async #scan(keyGroup: number, from: string, limit: string): Promise<Reading> {
    const prefix = hintKey(keyGroup);
    const keys: string[] = [];
    for await (const { key } of this.#rows.scan(prefix + from, afterPrefix(prefix))) {
      const stamp = stampOfTimer(key);
      if (stamp === '') continue;
      if (stamp >= limit || keys.length === CHUNK_COUNT) {
        return { keyGroup, keys, horizon: stamp < limit ? stamp : limit, nextMs: dueOfStamp(stamp) };
      }
      keys.push(key);
    }
    return { keyGroup, keys, horizon: limit, nextMs: Number.POSITIVE_INFINITY };
  }
}
