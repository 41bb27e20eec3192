/**
 * What one invocation does to timers: kept aside until it returns, and then done all at once, or never (I5). The
 * invocation itself already sees what it has done: what it sends and then cancels never was, and a token that it cancels
 * is free again.
 *
 * Others may be under way while an async invocation waits. So a token that it has given is reserved, and a timer that it
 * has cancelled is held back, until it is known how it ends.
 */
import { ID_LENGTH_MAX, invalidId } from '../../sdk/address.ts';
import { type Duration, readDuration } from '../../sdk/duration.ts';
import { describe, MillraceError } from '../../sdk/errors.ts';
import { checkToken, type PendingTimer, type Schedule, type TimerOptions } from '../../sdk/timer.ts';
import type { Entity } from '../../state/entity.ts';
import { keyGroupOfHash } from '../../keys/key-group.ts';
import {
  AT_EXTRA,
  AT_TARGET_ID,
  AT_TARGET_TYPE,
  AT_TOKEN,
  DUE_MS_MAX,
  dueOfStamp,
  LATE_ALL,
  LATE_LATEST,
  LATE_SKIP,
  ownerPrefix,
  type TimerExtra,
  type TimerRow,
  timerKey,
  tokenKey,
} from '../../timers/timer-layout.ts';
import type { MessageGate } from '../../wire/message-gate.ts';
import type { MessageMeta } from '../../wire/message-meta.ts';
import { rangeOf } from '../rows/row-writes.ts';
import type { Timers } from './timers.ts';

const TOLERANCE_MS_DEFAULT = 60_000;
/** Where timers come up faster than they can be read, those that then are gone are left out. */
const READINGS_MAX = 8;
const POLICIES: ReadonlyMap<string, number> = new Map([
  ['all', LATE_ALL],
  ['latest', LATE_LATEST],
  ['skip', LATE_SKIP],
]);

export interface Added {
  readonly dueMs: number;
  readonly row: TimerRow;
}

interface Removed {
  readonly key: string;
  readonly row: TimerRow;
}

/** To whom, and what. */
export interface Delayed {
  readonly targetType: string;
  readonly targetId: string;
  readonly message: unknown;
  readonly meta: MessageMeta | undefined;
}

export class TimerWrites {
  readonly #timers: Timers;
  readonly #gate: MessageGate;
  readonly #senderType: string;
  #keyGroup = 0;
  #added: Added[] = [];
  #removed: Removed[] = [];
  /** What this invocation has made of tokens, by the keys of their rows; undefined where it has cancelled. */
  readonly #tokens = new Map<string, Added | undefined>();
  /** What the owner rows begin with that were removed before anything was added. */
  #erased: string | undefined;

  constructor(timers: Timers, gate: MessageGate, senderType: string) {
    this.#timers = timers;
    this.#gate = gate;
    this.#senderType = senderType;
  }

  sendAfter(entity: Entity, now: number, delay: Duration, delayed: Delayed, options: TimerOptions | undefined): void {
    const ms = readDuration(delay);
    if (ms === undefined || now + ms > DUE_MS_MAX) {
      const what = `The delay ${describe(delay)} is not allowed: it is a number of milliseconds, not negative, or a text such as "30 days".`;
      throw new MillraceError('INVALID_DELAY', what);
    }
    const extra = extraOf(options, LATE_ALL, undefined, delayed.meta);
    this.#add(entity, Math.ceil(now + ms), delayed, options?.token, extra);
  }

  schedule(entity: Entity, now: number, schedule: Schedule, delayed: Delayed, options: TimerOptions | undefined): void {
    const dueMs = this.#timers.recurrences.of(schedule).next(now);
    if (dueMs === undefined || dueMs > DUE_MS_MAX) {
      throw new MillraceError('INVALID_TIMER', `The cron pattern ${describe(schedule.cron)} names no time to come.`);
    }
    const { cron, timeZone = 'UTC' } = schedule;
    const extra = extraOf(options, LATE_LATEST, { cron, timeZone }, delayed.meta);
    this.#add(entity, dueMs, delayed, options?.token, extra);
  }

  #add(
    entity: Entity,
    dueMs: number,
    { targetType, targetId, message }: Delayed,
    token: string | undefined,
    extra: TimerExtra | undefined,
  ): void {
    if (typeof targetId !== 'string' || targetId.length === 0 || targetId.length > ID_LENGTH_MAX) {
      throw invalidId(targetId);
    }
    const ofToken = token === undefined ? undefined : this.#freeToken(entity, token);
    const copy = this.#gate.admit(message);
    const { form } = this.#gate;
    const head = [this.#senderType, entity.id, token ?? null, targetType, targetId, copy, form] as const;
    const added: Added = { dueMs, row: extra === undefined ? head : [...head, extra] };
    this.#keyGroup = keyGroupOfHash(entity.hash);
    this.#added.push(added);
    if (ofToken !== undefined) {
      this.#tokens.set(ofToken, added);
      this.#timers.reserved.set(ofToken, this);
    }
  }

  /** The key of a token's row, when nothing is pending under that token. Throws `INVALID_TIMER` or `DUPLICATE_TOKEN`. */
  #freeToken({ hash, id }: Entity, token: string): string {
    const ofToken = tokenKey(hash, id, checkToken(token));
    const owner = this.#timers.reserved.get(ofToken);
    if ((owner === undefined || owner === this) && this.#find(hash, ofToken) === undefined) return ofToken;
    const what = `A delayed message with the token ${describe(token)} is pending already at the id ${describe(id)}.`;
    throw new MillraceError('DUPLICATE_TOKEN', what, { details: { token } });
  }

  /** True if there was something to cancel. */
  cancel({ hash, id }: Entity, token: string): boolean {
    const ofToken = tokenKey(hash, id, checkToken(token));
    const found = this.#find(hash, ofToken);
    if (found === undefined) return false;
    this.#tokens.set(ofToken, undefined);
    if ('key' in found) {
      this.#timers.hold(found.key);
      this.#removed.push(found);
    } else {
      this.#added.splice(this.#added.indexOf(found), 1);
      this.#timers.reserved.delete(ofToken);
    }
    return true;
  }

  /** What is pending under a token, as this invocation sees it. */
  #find(hash: number, ofToken: string): Added | Removed | undefined {
    if (this.#tokens.has(ofToken)) return this.#tokens.get(ofToken);
    const stamp = this.#timers.rows.get(ofToken) as string | undefined;
    if (stamp === undefined) return undefined;
    const key = timerKey(keyGroupOfHash(hash), stamp);
    const row = this.#timers.pending(key, this.#erased);
    return row && { key, row };
  }

  /** Removes all that this address has pending, however much. */
  erase({ hash, id }: Entity): void {
    // What was cancelled stays so: it may be another function's of the same id.
    for (const [ofToken, added] of this.#tokens) {
      if (added === undefined) continue;
      this.#timers.reserved.delete(ofToken);
      this.#tokens.set(ofToken, undefined);
    }
    this.#added = [];
    this.#keyGroup = keyGroupOfHash(hash);
    if (this.#timers.mayHold(this.#keyGroup)) this.#erased = ownerPrefix(this.#senderType, hash, id);
  }

  /** What the address has pending, as this invocation sees it now. */
  async list(entity: Entity): Promise<PendingTimer[]> {
    const removed = new Set(this.#removed.map(({ key }) => key));
    const own = this.#added.map(({ dueMs, row }) => pendingTimer(dueMs, row));
    const stamps = this.#erased === undefined ? await this.#pendingStamps(entity) : [];
    const found: PendingTimer[] = [];
    for (const stamp of stamps) {
      const row = this.#rowOf(entity, stamp);
      if (row === undefined || removed.has(timerKey(keyGroupOfHash(entity.hash), stamp))) continue;
      found.push(pendingTimer(dueOfStamp(stamp), row));
    }
    return [...found, ...own].sort((one, other) => one.due - other.due);
  }

  /** A timer that comes up while rows are read is gone, and if it recurs it is under another stamp: read again then. */
  async #pendingStamps(entity: Entity): Promise<string[]> {
    const prefix = ownerPrefix(this.#senderType, entity.hash, entity.id);
    const { from, before } = rangeOf(prefix);
    let stamps: string[] = [];
    for (let reading = 0; reading < READINGS_MAX; reading++) {
      stamps = [];
      for await (const { key } of this.#timers.rows.scan(from, before)) stamps.push(key.slice(prefix.length));
      if (stamps.every((stamp) => this.#rowOf(entity, stamp) !== undefined)) break;
    }
    return stamps;
  }

  #rowOf({ hash }: Entity, stamp: string): TimerRow | undefined {
    return this.#timers.rows.get(timerKey(keyGroupOfHash(hash), stamp)) as TimerRow | undefined;
  }

  /** What this invocation has sent with a delay, so far. */
  get added(): readonly Added[] {
    return this.#added;
  }

  /** The invocation has returned. */
  apply(): void {
    const timers = this.#timers;
    if (this.#erased !== undefined) timers.erase(this.#keyGroup, this.#erased);
    for (const { key, row } of this.#removed) timers.remove(key, row);
    for (const { dueMs, row } of this.#added) timers.insert(this.#keyGroup, dueMs, row);
    this.discard();
  }

  /** Forgets everything. */
  discard(): void {
    for (const { key } of this.#removed) this.#timers.release(key);
    for (const [ofToken, added] of this.#tokens) if (added !== undefined) this.#timers.reserved.delete(ofToken);
    this.#tokens.clear();
    this.#added = [];
    this.#removed = [];
    this.#erased = undefined;
  }
}

/** What there is to keep beside the message; mostly nothing, since one message alone knows no newer one. */
function extraOf(
  options: TimerOptions | undefined,
  unsaid: number,
  schedule: Schedule | undefined,
  meta: MessageMeta | undefined,
): TimerExtra | undefined {
  const late = options?.late === undefined ? unsaid : POLICIES.get(options.late);
  const toleranceMs = options?.tolerance === undefined ? TOLERANCE_MS_DEFAULT : readDuration(options.tolerance);
  if (late === undefined || toleranceMs === undefined) {
    const given =
      late === undefined ? `late: ${describe(options?.late)}` : `tolerance: ${describe(options?.tolerance)}`;
    const what = `${given} is not allowed: late is "all", "latest" or "skip", and tolerance a duration.`;
    throw new MillraceError('INVALID_TIMER', what);
  }
  if (schedule === undefined && meta === undefined && late !== LATE_SKIP) return undefined;
  return {
    late,
    ...(late === LATE_SKIP ? { toleranceMs } : {}),
    ...(schedule === undefined ? {} : { schedule }),
    ...(meta === undefined ? {} : { meta }),
  };
}

function pendingTimer(dueMs: number, row: TimerRow): PendingTimer {
  return {
    token: row[AT_TOKEN] ?? undefined,
    due: dueMs,
    target: { type: row[AT_TARGET_TYPE], id: row[AT_TARGET_ID] },
    schedule: row[AT_EXTRA]?.schedule,
  };
}
