/**
 * The dead letters of a shard: rows in the key group of the address that they were for, in the order of their times, so
 * that they take part in checkpoints and move with their group. They are written in the same turn in which their message
 * is consumed, and removed in the same turn in which it is sent again: so a message is in one place at any cut (I6).
 *
 * ```
 *   ┌──────────────────┬─────────────┬───────────────────┬──────────────┐
 *   │ key group (16 BE)│ section (8) │ failed at (48 BE) │ number (32)  │   its id is the same without the section, in hex
 *   └──────────────────┴─────────────┴───────────────────┴──────────────┘
 * ```
 *
 * The message is kept as bytes of its own: it may be nested as deep as anything may. A group that has ever had one also
 * has a row whose key is that of the group and the section alone, so that nobody looks through all the others.
 */
import { keyGroupOfHash } from '../../keys/key-group.ts';
import type { Random } from '../../base/random.ts';
import type { Address } from '../../sdk/address.ts';
import type { DeadLetter, DeadLetterError } from '../../sdk/dead-letter.ts';
import { describe } from '../../sdk/errors.ts';
import { afterPrefix, groupPrefix, keyBytes, readUnsigned, unsigned } from '../../state/row.ts';
import { SECTION_DEAD_LETTER } from '../../store/key-layout.ts';
import type { MessageMeta } from '../../wire/message-meta.ts';
import { inspect } from '../../wire/structured-data.ts';
import { decodeTagged, encodeTagged } from '../../wire/tagged-value.ts';
import { failureOf } from './failure.ts';
import type { PartRow, RowPart, Rows } from '../rows/rows.ts';

const TIME_AT = 3;
const TIME_BYTES = 6;
const NUMBER_BYTES = 4;
const NUMBER_START_MAX = 2 ** 31;
/** No time is above. */
const TIME_END = 2 ** 48 - 1;
const ID_PATTERN = /^[0-9a-f]{24}$/;
/** Errors are kept as long as their messages, and may be as many. */
const NAME_LENGTH_MAX = 256;
const TEXT_LENGTH_MAX = 1024;
const STACK_LENGTH_MAX = 4096;
/** Without a data directory they stay in memory, so only the last ones are kept. */
const MEMORY_COUNT_MAX = 10_000;

/** A message that could not be handled, and why. */
export interface FailedMessage {
  readonly type: string;
  readonly id: string;
  /** Of the id. */
  readonly hash: number;
  readonly source: Address | undefined;
  readonly message: unknown;
  readonly meta: MessageMeta | undefined;
  readonly error: DeadLetterError;
  readonly attempts: number;
  readonly firstFailedAt: number;
  readonly failedAt: number;
}

/** A row as it is stored. */
export interface DeadLetterRow {
  readonly type: string;
  readonly id: string;
  readonly source: readonly [type: string, id: string] | null;
  /** Tagged. */
  readonly message: Uint8Array;
  /** What travels with the message when it is sent again. */
  readonly meta: MessageMeta | null;
  readonly error: DeadLetterError;
  readonly attempts: number;
  readonly firstFailedAt: number;
  readonly failedAt: number;
}

/** Which key groups, and when they failed. */
export interface LetterRange {
  readonly firstGroup: number;
  readonly endGroup: number;
  readonly from: number;
  readonly to: number;
}

/** What was thrown, short enough to be kept. */
export function errorToKeep(thrown: unknown): DeadLetterError {
  const { name, message, stack, code } = failureOf(thrown);
  return {
    name: name.slice(0, NAME_LENGTH_MAX).toWellFormed(),
    message: message.slice(0, TEXT_LENGTH_MAX).toWellFormed(),
    ...(stack === undefined ? {} : { stack: stack.slice(0, STACK_LENGTH_MAX).toWellFormed() }),
    ...(code === undefined ? {} : { code: code.slice(0, NAME_LENGTH_MAX).toWellFormed() }),
  };
}

export class DeadLetterRows {
  readonly #rows: Rows;
  /** Those that are kept in memory only, oldest first. */
  readonly #inMemory: string[] | undefined;
  /** Key groups that have had one in this run. */
  readonly #marked = new Set<number>();
  /** Every run counts from elsewhere: the wall clock may show a time again, and ids must not come again. */
  #number: number;

  constructor(rows: Rows, isDurable: boolean, random: Random) {
    this.#rows = rows;
    this.#number = Math.floor(random() * NUMBER_START_MAX);
    this.#inMemory = isDurable ? undefined : [];
  }

  /** Keeps a message; returns the id of the dead letter. */
  add({ hash, source, message, meta, ...failed }: FailedMessage): string {
    const key = this.#newKey(hash, failed.failedAt);
    const row: DeadLetterRow = {
      ...failed,
      source: source === undefined ? null : [source.type, source.id],
      message: encodeMessage(message),
      meta: meta === undefined ? null : withoutAttempts(meta),
    };
    this.#markGroup(keyGroupOfHash(hash));
    this.#rows.set(key, row, true);
    this.#boundMemory(key);
    return idOfKey(key);
  }

  #markGroup(keyGroup: number): void {
    if (this.#marked.has(keyGroup)) return;
    this.#marked.add(keyGroup);
    const key = groupPrefix(SECTION_DEAD_LETTER, keyGroup);
    if (this.#rows.get(key) === undefined) this.#rows.set(key, true, true);
  }

  #isMarked(keyGroup: number): boolean {
    return this.#marked.has(keyGroup) || this.#rows.get(groupPrefix(SECTION_DEAD_LETTER, keyGroup)) !== undefined;
  }

  /** A key that nobody has. */
  #newKey(hash: number, time: number): string {
    const prefix = groupPrefix(SECTION_DEAD_LETTER, keyGroupOfHash(hash)) + unsigned(time, TIME_BYTES);
    let key = prefix + unsigned(++this.#number, NUMBER_BYTES);
    while (this.#rows.get(key) !== undefined) key = prefix + unsigned(++this.#number, NUMBER_BYTES);
    return key;
  }

  #boundMemory(key: string): void {
    if (this.#inMemory === undefined) return;
    this.#inMemory.push(key);
    if (this.#inMemory.length <= MEMORY_COUNT_MAX) return;
    this.#rows.set(this.#inMemory.shift() as string, undefined);
  }

  get(key: string): DeadLetterRow | undefined {
    return this.#rows.get(key) as DeadLetterRow | undefined;
  }

  remove(key: string): void {
    this.#rows.set(key, undefined);
  }

  /** Gives a dead letter another message, tagged. False if there is no such dead letter. */
  edit(key: string, message: Uint8Array): boolean {
    const row = this.get(key);
    if (row === undefined) return false;
    this.#rows.set(key, { ...row, message } satisfies DeadLetterRow);
    return true;
  }

  /**
   * The dead letters of these key groups from a key on, in the order of their keys, that failed from one moment on and
   * before another, part by part: `current` says what has become of them when their turn comes. Each group is as it was
   * when its turn came, or each part if they are looked at `bitByBit`, which begins sooner.
   */
  async *parts(
    after: string,
    { firstGroup, endGroup, from, to }: LetterRange,
    bitByBit: boolean,
  ): AsyncGenerator<RowPart, void, undefined> {
    const firstAfter = after === '' ? firstGroup : Math.max(firstGroup, readUnsigned(after, 0, 2));
    for (let keyGroup = firstAfter; keyGroup < endGroup; keyGroup++) {
      const start = keyFrom(keyGroup, from);
      const before = to >= TIME_END ? afterPrefix(groupPrefix(SECTION_DEAD_LETTER, keyGroup)) : keyFrom(keyGroup, to);
      const begin = start > after ? start : `${after}\0`;
      if (begin >= before || !this.#isMarked(keyGroup)) continue;
      yield* bitByBit ? this.#rows.walkParts(begin, before) : this.#rows.parts(begin, before);
    }
  }

  current(row: PartRow, part: RowPart): PartRow | undefined {
    return this.#rows.current(row, part);
  }

  rowOf(row: PartRow): DeadLetterRow {
    return this.#rows.valueOf(row) as DeadLetterRow;
  }
}

/** User code may have changed the message into what is no message. */
export function encodeMessage(message: unknown): Uint8Array {
  try {
    inspect(message);
    return encodeTagged(message);
  } catch {
    return encodeTagged(`(no longer a message: ${describe(message)})`);
  }
}

/** Whoever tries it again begins to count anew, and if it fails again, that is an event. */
export function withoutAttempts({
  attempts: _attempts,
  firstFailedAt: _at,
  unparked: _unparked,
  alone: _alone,
  ofEvent: _ofEvent,
  ...meta
}: MessageMeta): MessageMeta | null {
  return Object.keys(meta).length === 0 ? null : meta;
}

export function messageOf({ message }: DeadLetterRow): unknown {
  return decodeTagged(message);
}

export function idOfKey(key: string): string {
  return keyBytes(key.slice(0, 2) + key.slice(TIME_AT)).toString('hex');
}

/** The key of a dead letter; undefined if this is no id of one. */
export function keyOfId(id: string): string | undefined {
  if (!ID_PATTERN.test(id)) return undefined;
  const bytes = Buffer.from(id, 'hex').toString('latin1');
  return bytes.slice(0, 2) + String.fromCharCode(SECTION_DEAD_LETTER) + bytes.slice(2);
}

/** Whether this is the key of a dead letter, among all rows. */
export function isDeadLetterKey(key: string): boolean {
  return key.charCodeAt(TIME_AT - 1) === SECTION_DEAD_LETTER && key.length === TIME_AT + TIME_BYTES + NUMBER_BYTES;
}

/** Where the dead letters of a key group begin that failed at this time or later. */
export function keyFrom(keyGroup: number, time: number): string {
  return groupPrefix(SECTION_DEAD_LETTER, keyGroup) + unsigned(Math.min(time, TIME_END), TIME_BYTES);
}

/** As a program sees it. */
export function deadLetterOf(key: string, row: DeadLetterRow): Omit<DeadLetter, 'message'> {
  const { type, id, source, error, attempts, firstFailedAt, failedAt } = row;
  return {
    id: idOfKey(key),
    target: { type, id },
    source: source === null ? undefined : { type: source[0], id: source[1] },
    error,
    attempts,
    firstFailedAt,
    failedAt,
  };
}
