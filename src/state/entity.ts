/**
 * One virtual entity as its shard keeps it in memory: its state cells, and what waits for it while it is busy. Only its
 * shard's thread touches it (I1). An entity without state, work or messages is not kept at all: it always exists, so
 * nothing is lost by forgetting it.
 *
 * Entities are looked up at random among very many, so what a message touches is laid out to be few cache lines: the
 * first cells lie in the object itself, and what only busy entities need hangs off one field.
 */
import { NO_SLOT } from '../metrics/under-way.ts';
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
/** Of an entity's marks: the number of its function below, the last epochs in which it was used above. */
const FUNCTION_BITS = 16;
const FUNCTION_MASK = (1 << FUNCTION_BITS) - 1;
const USED_MASK = (1 << 14) - 1;
/** The second cell and all behind it, of who has more than two. */
class FurtherCells {
  readonly list: unknown[];

  constructor(list: unknown[]) {
    this.list = list;
  }
}

/** State cells, one per state spec; `undefined` where nothing was written. Two lie in the object itself. */
export class Cells {
  cell0: unknown = undefined;
  /** The second one, or `FurtherCells`. */
  cell1: unknown = undefined;

  readCell(index: number): unknown {
    if (index === 0) return this.cell0;
    const { cell1 } = this;
    if (cell1 instanceof FurtherCells) return cell1.list[index - 1];
    return index === 1 ? cell1 : undefined;
  }

  writeCell(index: number, value: unknown): void {
    if (index === 0) this.cell0 = value;
    else if (index === 1 && !(this.cell1 instanceof FurtherCells)) this.cell1 = value;
    else this.#writeFurther(index - 1, value);
  }

  /** Takes over all cells of `other`, which must not be used any more. */
  adopt(other: Cells): void {
    this.cell0 = other.cell0;
    this.cell1 = other.cell1;
  }

  clear(): void {
    this.cell0 = undefined;
    this.cell1 = undefined;
  }

  copy(): Cells {
    const copy = new Cells();
    const { cell0, cell1 } = this;
    copy.cell0 = cell0;
    copy.cell1 = cell1 instanceof FurtherCells ? new FurtherCells(cell1.list.slice()) : cell1;
    return copy;
  }

  get isBlank(): boolean {
    const { cell0, cell1 } = this;
    if (cell0 !== undefined) return false;
    return cell1 instanceof FurtherCells ? cell1.list.every((cell) => cell === undefined) : cell1 === undefined;
  }

  #writeFurther(index: number, value: unknown): void {
    if (!(this.cell1 instanceof FurtherCells)) this.cell1 = new FurtherCells([this.cell1]);
    const { list } = this.cell1 as FurtherCells;
    while (list.length < index) list.push(undefined);
    list[index] = value;
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
  /** Where it is noted that this invocation is under way (`metrics/under-way.ts`). */
  slot: number = NO_SLOT;
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
  id: string;
  /**
   * The number of its function, and the low bits of the last epoch of this run in which it was invoked: one field, so
   * that an entity is a word shorter.
   */
  #marks: number;
  /**
   * The last epoch of this run in which a cell was written, counted from 1; negated once a checkpoint has encoded it.
   * 0 while it is as it came from the store. Kept by `DirtyEntities`.
   */
  dirtyEpoch = 0;
  /** The number of its last record that is not folded, or `NO_RECORD`. */
  lastRecord: number = NO_RECORD;
  /** There while it is busy (I4): what waits until it no longer is. */
  waiting: WaitingLine | undefined = undefined;

  constructor(functionIndex: number, hash: number, id: string) {
    super();
    this.hash = hash;
    this.id = id;
    this.#marks = functionIndex;
  }

  get functionIndex(): number {
    return this.#marks & FUNCTION_MASK;
  }

  /** It is invoked in this epoch. */
  use(epoch: number): void {
    this.#marks = (this.#marks & FUNCTION_MASK) | ((epoch & USED_MASK) << FUNCTION_BITS);
  }

  /**
   * Whether it was invoked in this epoch or the one before: who was not used for long may leave memory. Of who was not
   * used for some 16,000 epochs it may be said for two of them that they were.
   */
  wasUsedLately(epoch: number): boolean {
    return ((epoch - (this.#marks >>> FUNCTION_BITS)) & USED_MASK) <= 1;
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
