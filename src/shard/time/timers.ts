/**
 * The delayed messages of a shard: keeps them as rows, and sends those that are due, within turns, a bounded number at a
 * time (I10) and only as long as not too much waits in the shard already, as for any input (I7). A timer that is due
 * becomes an effect, like what an invocation sends: its row goes and its message comes in the same cut (I6), a schedule's
 * next time included.
 *
 * It goes by the wall clock: nothing is sent before that says so. A clock that is set back delays, one that is set forward
 * makes many due at once; neither loses or doubles anything, since what is pending are rows, and each is sent when it is
 * removed. The rows are the truth: the queue is only where to look next, and may name what has been cancelled since.
 */
import { Recurrences } from '../../timers/recurrences.ts';
import {
  AT_EXTRA,
  AT_MESSAGE,
  AT_SENDER_ID,
  AT_SENDER_TYPE,
  AT_TOKEN,
  dueOfStamp,
  hintKey,
  keyGroupOfTimer,
  LATE_SKIP,
  ownerKey,
  stampOfTimer,
  type TimerRow,
  tokenKeyIn,
} from '../../timers/timer-layout.ts';
import type { Pair } from '../../state/pair-layout.ts';
import { QueuedKeys } from '../../timers/queued-keys.ts';
import { TimerKeys } from '../../timers/timer-keys.ts';
import { TimerQueue } from '../../timers/timer-queue.ts';
import { copyMessage } from '../../wire/structured-data.ts';
import type { Rows } from '../rows/rows.ts';
import { HeldTimers } from './held-timers.ts';
import { sendTimer, withMissed } from './timer-sending.ts';
import { TimerWindows } from './timer-windows.ts';
import type { TimersPlace } from './timers-place.ts';
import { tellOfUnread, UNREAD_RETRY_MS, unreadReason } from './unread-schedules.ts';

/** Timers that are fetched into the processor's cache together. */
const FETCH_COUNT = 16;

export class Timers {
  readonly rows: Rows;
  readonly recurrences: Recurrences = new Recurrences();
  /** Tokens that an invocation under way has given, with whose they are. */
  readonly reserved: Map<string, object> = new Map();
  readonly #place: TimersPlace;
  readonly #queue = new TimerQueue();
  readonly #queuedKeys = new QueuedKeys();
  /** Those that come up together. */
  readonly #due = new Int32Array(FETCH_COUNT);
  /** Keeps the reads that fetch from being compiled away. */
  fetched = 0;
  readonly #windows: TimerWindows | undefined;
  readonly #keys = new TimerKeys();
  /** Timers set in this run. */
  #count = 0;
  /** By key group, from the first on: timers that were removed before their time, and erasures. */
  readonly #removedCounts: Int32Array;
  readonly #held = new HeldTimers();
  /** Key groups with a hint. */
  readonly #hinted = new Set<number>();

  constructor(place: TimersPlace) {
    this.#place = place;
    this.rows = place.rows;
    const { first, end } = place.keyGroups;
    this.#removedCounts = new Int32Array(end - first);
    if (place.stored === undefined) return;
    const progressed = (): void => place.progressed();
    this.#windows = new TimerWindows(place.rows, this.#queue, this.#queuedKeys, place.keyGroups, progressed);
    for (let keyGroup = first; keyGroup < end; keyGroup++) {
      if (this.rows.get(hintKey(keyGroup)) === undefined) continue;
      this.#hinted.add(keyGroup);
      this.#windows.suspect(keyGroup);
    }
  }

  /** When there will be something to do, by the wall clock; never, if nothing is pending. */
  get nextMs(): number {
    return Math.min(this.#queue.dueMs, this.#windows?.wakeMs ?? Number.POSITIVE_INFINITY);
  }

  /** How long there is nothing to do. What is due and has no room is not waited for: room comes with other work. */
  get restMs(): number {
    const wakeMs = this.#windows?.wakeMs ?? Number.POSITIVE_INFINITY;
    const nextMs = this.#queue.dueMs < wakeMs && this.#place.room() > 0 ? this.#queue.dueMs : wakeMs;
    return nextMs === Number.POSITIVE_INFINITY ? nextMs : nextMs - this.#place.clock.now();
  }

  /** Whether the store is being read. */
  get isReading(): boolean {
    return this.#windows?.isReading === true;
  }

  /** Sends what is due, as far as there is room. Returns how much there was to do. */
  work(countMax: number): number {
    const queue = this.#queue;
    if (queue.size === 0 && this.#windows === undefined) return 0;
    const now = this.#place.clock.now();
    let count = this.#windows?.work(now) ?? 0;
    if (queue.dueMs > now) return count;
    for (let left = Math.min(countMax, this.#place.room()); left > 0 && queue.dueMs <= now; ) {
      const takenCount = this.#takeSome(left, now);
      left -= takenCount;
      count += takenCount;
    }
    return count;
  }

  /** Sends some that are due in the same millisecond: nothing can come between those. Returns how many. */
  #takeSome(countMax: number, now: number): number {
    const queue = this.#queue;
    const timers = this.#due;
    const { dueMs } = queue;
    const count = queue.takeMany(timers, Math.min(countMax, timers.length));
    this.fetched = this.rows.pairs.all.fetch(timers, count);
    for (let at = 0; at < count; at++) this.#comesUp(timers[at], dueMs, now);
    return count;
  }

  // -- for invocations

  /** The timer under a key, if it is pending. Those whose owner rows begin with `erased` are not. */
  pending(key: string, erased?: string): TimerRow | undefined {
    const row = this.rows.get(key) as TimerRow | undefined;
    if (row === undefined) return undefined;
    const owner = ownerKey(key, row);
    if (erased !== undefined && owner.startsWith(erased)) return undefined;
    return this.rows.get(owner) === undefined ? undefined : row;
  }

  /** Whether there may be any in this key group. */
  mayHold(keyGroup: number): boolean {
    return this.#hinted.has(keyGroup);
  }

  /** Sets a timer. */
  insert(keyGroup: number, dueMs: number, row: TimerRow): void {
    if (!this.#hinted.has(keyGroup)) {
      this.#hinted.add(keyGroup);
      if (this.#windows !== undefined) this.rows.set(hintKey(keyGroup), true);
    }
    const keys = this.#keys;
    // A clock may be so wrong that it shows a time before 1970; then is 1970.
    const realMs = Math.max(0, dueMs);
    keys.set(keyGroup, row[AT_SENDER_TYPE], row[AT_SENDER_ID], realMs, this.#epoch, this.#count++);
    const { pairs } = this.rows;
    const timer = pairs.add(keys.timer, keys.owner, keys.ownerBytes, row);
    pairs.all.setNote(timer, this.#removedCounts[keyGroup - this.#place.keyGroups.first]);
    const token = row[AT_TOKEN];
    if (token !== null) {
      const stamp = stampOfTimer(pairs.all.firstKey(timer));
      this.rows.set(tokenKeyIn(keyGroup, row[AT_SENDER_ID], token), stamp);
    }
    if (this.#windows === undefined) this.#queue.add(realMs, timer);
    else if (!this.#windows.add(timer, keyGroup, realMs, this.#place.clock.now())) pairs.all.letGo(timer);
  }

  get #epoch(): number {
    return this.rows.dirty.epoch + (this.#place.stored?.baseEpoch ?? 0);
  }

  /** Removes a timer, whether or not it still is one. */
  remove(key: string, row: TimerRow): void {
    this.#removedCounts[keyGroupOfTimer(key) - this.#place.keyGroups.first]++;
    this.#clear(key, row);
  }

  #clear(key: string, row: TimerRow): void {
    this.rows.set(key, undefined);
    this.rows.set(ownerKey(key, row), undefined);
    this.#freeToken(key, row);
  }

  /** Removes all whose owner rows begin so. */
  erase(keyGroup: number, prefix: string): void {
    this.#removedCounts[keyGroup - this.#place.keyGroups.first]++;
    this.rows.erase(prefix);
  }

  /** An invocation has cancelled it and has not ended: until then it is not sent. */
  hold(key: string): void {
    this.#held.hold(key);
  }

  /** That invocation has ended. */
  release(key: string): void {
    if (this.#held.release(key)) this.#queue.add(dueOfStamp(stampOfTimer(key)), ~this.#queuedKeys.put(key));
  }

  // -- what is due

  #comesUp(timer: number, dueMs: number, now: number): void {
    if (timer < 0) return this.#keyComesUp(this.#queuedKeys.take(~timer), now);
    const pair = timer as Pair;
    if (this.#isAsSet(pair) && this.#pairComesUp(pair, dueMs, now)) return;
    const pairs = this.rows.pairs.all;
    const key = pairs.firstKey(pair);
    pairs.letGo(pair);
    this.#keyComesUp(key, now);
  }

  /** Whether it is sure, without looking, that it is still pending and nobody is about to cancel it. */
  #isAsSet(pair: Pair): boolean {
    if (!this.#held.isEmpty) return false;
    const pairs = this.rows.pairs.all;
    return pairs.note(pair) === this.#removedCounts[pairs.keyGroup(pair) - this.#place.keyGroups.first];
  }

  /** False if it is nothing that can be sent just so. */
  #pairComesUp(pair: Pair, dueMs: number, now: number): boolean {
    const { pairs } = this.rows;
    const content = pairs.all.firstValue(pair) as TimerRow;
    if (unreadReason(content, this.recurrences) !== undefined) return false;
    if (content[AT_TOKEN] !== null) this.#freeToken(pairs.all.firstKey(pair), content);
    const keyGroup = pairs.all.keyGroup(pair);
    pairs.take(pair);
    this.#fire(keyGroup, dueMs, content, now);
    return true;
  }

  #keyComesUp(key: string, now: number): void {
    const row = this.rows.get(key) as TimerRow | undefined;
    if (row === undefined || this.#held.comesUp(key)) return;
    // Without its owner row it was deleted with its address.
    const isPending = this.rows.get(ownerKey(key, row)) !== undefined;
    const unread = isPending ? unreadReason(row, this.recurrences) : undefined;
    if (unread !== undefined) {
      tellOfUnread(row, unread, this.#place.effects);
      this.#queue.add(now + UNREAD_RETRY_MS, ~this.#queuedKeys.put(key));
      return;
    }
    this.#clear(key, row);
    if (isPending) this.#fire(keyGroupOfTimer(key), dueOfStamp(stampOfTimer(key)), row, now);
  }

  #fire(keyGroup: number, dueMs: number, row: TimerRow, now: number): void {
    const extra = row[AT_EXTRA];
    if (extra?.schedule === undefined) {
      const isSkipped = extra?.late === LATE_SKIP && now - dueMs > (extra.toleranceMs ?? 0);
      if (!isSkipped) sendTimer(this.#place, row, row[AT_MESSAGE]);
      return;
    }
    const { isSent, ofMs, nextMs, missedSinceMs } = this.recurrences.turn(extra.schedule, extra, dueMs, now);
    // What has been left out is told with the first message that comes after it.
    if (nextMs !== undefined) this.insert(keyGroup, nextMs, withMissed(row, isSent ? undefined : missedSinceMs));
    const missed = missedSinceMs === undefined ? undefined : { since: missedSinceMs, before: ofMs };
    if (isSent) sendTimer(this.#place, row, copyMessage(row[AT_MESSAGE]), missed);
  }

  #freeToken(key: string, row: TimerRow): void {
    const token = row[AT_TOKEN];
    if (token === null) return;
    const ofToken = tokenKeyIn(keyGroupOfTimer(key), row[AT_SENDER_ID], token);
    if (this.rows.get(ofToken) === stampOfTimer(key)) this.rows.set(ofToken, undefined);
  }
}
