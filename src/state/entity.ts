/**
 * One virtual entity as its shard keeps it in memory: its state cells, and what waits for it while it is busy. Only its
 * shard's thread touches it (I1). An entity without state, work or messages is not kept at all: it always exists, so
 * nothing is lost by forgetting it.
 *
 * Entities are looked up at random among very many, so what a message touches is laid out to be few cache lines: the
 * first cells lie in the object itself, and what only busy entities need hangs off one field.
 */
import { NO_RECORD } from './record-number.ts';
import type { MessageMeta } from '../wire/message-meta.ts';
import type { Overflow } from '../wire/overflow.ts';

/** A message that waits for its busy entity, out of the ring and decoded. */
export interface HeldMessage {
  readonly message: unknown;
  readonly sourceType: number;
  readonly sourceId: string;
  /** How it would be encoded. */
  readonly form: number;
  /** What travels with it. */
  readonly meta: MessageMeta | undefined;
  /** The one that came after it. */
  next: HeldMessage | undefined;
}

/** V8 makes no slices shorter than this, but copies. */
const SLICED_LENGTH_MIN = 13;
/** Cells that lie in the object itself. */
const INLINE_CELLS = 2;

/** State cells, one per state spec; `undefined` where nothing was written. */
export class Cells {
  cell0: unknown = undefined;
  cell1: unknown = undefined;
  more: unknown[] | undefined = undefined;

  readCell(index: number): unknown {
    if (index === 0) return this.cell0;
    return index === 1 ? this.cell1 : this.more?.[index - INLINE_CELLS];
  }

  writeCell(index: number, value: unknown): void {
    if (index === 0) this.cell0 = value;
    else if (index === 1) this.cell1 = value;
    else this.#writeMore(index - INLINE_CELLS, value);
  }

  /** Takes over all cells of `other`, which must not be used any more. */
  adopt(other: Cells): void {
    this.cell0 = other.cell0;
    this.cell1 = other.cell1;
    this.more = other.more;
  }

  clear(): void {
    this.cell0 = undefined;
    this.cell1 = undefined;
    this.more = undefined;
  }

  copy(): Cells {
    const copy = new Cells();
    copy.cell0 = this.cell0;
    copy.cell1 = this.cell1;
    copy.more = this.more?.slice();
    return copy;
  }

  get isBlank(): boolean {
    if (this.cell0 !== undefined || this.cell1 !== undefined) return false;
    return this.more === undefined || this.more.every((cell) => cell === undefined);
  }

  #writeMore(index: number, value: unknown): void {
    this.more ??= [];
    while (this.more.length < index) this.more.push(undefined);
    this.more[index] = value;
  }
}

/** What an invocation under way has taken of its line besides the message that it was given. */
export interface Batch {
  /** Oldest first. */
  readonly messages: HeldMessage[];
  /** How many of them waited where it was flooded. */
  floodedCount: number;
}

/** Where the messages of a parked entity wait instead. */
export interface ParkedLine {
  hold(message: unknown, sourceType: number, sourceId: string, form: number, meta: MessageMeta | undefined): void;
}

/**
 * Messages that wait for a busy entity, oldest first: busy because an async invocation is under way, or because its
 * state is being fetched from the store. `WaitingLines` decides which of them are objects and which are bytes.
 */
export class WaitingLine {
  /** The envelope of the message that the invocation under way was given, as a checkpoint needs it. */
  pendingInput: Uint8Array | undefined = undefined;
  /** What that invocation has taken besides. */
  batch: Batch | undefined = undefined;
  /** There while the entity is parked. */
  parked: ParkedLine | undefined = undefined;
  /** How many wait as objects. */
  objectCount = 0;
  /** Those that came when there were too many; all of them are younger than the objects. */
  overflow: Overflow | undefined = undefined;
  /** How many waited when it became flooded; 0 while it is not. */
  floodCount = 0;
  #first: HeldMessage | undefined = undefined;
  #last: HeldMessage | undefined = undefined;

  get count(): number {
    return this.objectCount + (this.overflow?.count ?? 0);
  }

  /** The oldest object. */
  get first(): HeldMessage | undefined {
    return this.#first;
  }

  add(message: unknown, sourceType: number, sourceId: string, form: number, meta: MessageMeta | undefined): void {
    const held: HeldMessage = { message, sourceType, sourceId, form, meta, next: undefined };
    if (this.#last === undefined) this.#first = held;
    else this.#last.next = held;
    this.#last = held;
    this.objectCount++;
  }

  /** One that goes before all others. */
  addFirst(message: unknown, sourceType: number, sourceId: string, form: number, meta: MessageMeta | undefined): void {
    const held: HeldMessage = { message, sourceType, sourceId, form, meta, next: this.#first };
    this.#first = held;
    this.#last ??= held;
    this.objectCount++;
  }

  /** Those that wait as objects, oldest first; they go on waiting. */
  *messages(): Generator<HeldMessage> {
    for (let held = this.#first; held !== undefined; held = held.next) yield held;
  }

  /** The oldest object, which then no longer waits. */
  take(): HeldMessage | undefined {
    const held = this.#first;
    if (held === undefined) return undefined;
    this.objectCount--;
    this.#first = held.next;
    if (this.#first === undefined) this.#last = undefined;
    return held;
  }
}

export class Entity extends Cells {
  readonly hash: number;
  readonly functionIndex: number;
  id: string;
  /**
   * The last epoch of this run in which a cell was written, counted from 1; negated once a checkpoint has encoded it.
   * 0 while it is as it came from the store. Kept by `DirtyEntities`.
   */
  dirtyEpoch = 0;
  /** The last epoch of this run in which it was invoked: who was not used for long may leave memory. */
  usedEpoch = 0;
  /** The number of its last record that is not folded, or `NO_RECORD`. */
  lastRecord: number = NO_RECORD;
  /** There while it is busy (I4): what waits until it no longer is. */
  waiting: WaitingLine | undefined = undefined;

  constructor(functionIndex: number, hash: number, id: string) {
    super();
    this.hash = hash;
    this.functionIndex = functionIndex;
    this.id = id;
  }

  /**
   * The id as a string of its own: one that was cut out of a longer string would keep that alive as long as the entity.
   * Short strings are always copies. (Joining two halves makes a flat copy, and is the quickest way: about 80 ns.)
   */
  detachId(): void {
    const { id } = this;
    if (id.length >= SLICED_LENGTH_MIN)
      this.id = [id.slice(0, SLICED_LENGTH_MIN - 1), id.slice(SLICED_LENGTH_MIN - 1)].join('');
  }

  get isBusy(): boolean {
    return this.waiting !== undefined;
  }

  /** Whether forgetting this entity would lose anything. */
  get isVacant(): boolean {
    return this.waiting === undefined && this.isBlank;
  }
}
