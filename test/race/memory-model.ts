/**
 * The memory that model-checked threads share: one immutable state of it, and every way in which the next access can
 * turn out. It is meaner than any real machine, within what JavaScript promises:
 *
 * - Atomics are sequentially consistent: they happen one at a time, each sees the one before.
 * - A plain store waits in its thread's store buffer. Other threads may see the buffered stores one by one, in any
 *   order, late or early; only the thread's next atomic store makes them visible for certain. (They are not flushed
 *   step by step: a foreign load forks into every subset that can have arrived by then, which comes to the same.)
 * - Vector clocks tell which accesses are ordered by an atomic store and a load that saw it. Two plain accesses to one
 *   word, at least one a store, that nothing orders are a data race, whatever values they happened to see. A program
 *   that has none in any interleaving behaves as if there were no buffers at all: that is JavaScript's guarantee, and
 *   the reason why exploring interleavings is enough.
 */

export type Operation =
  | { readonly kind: 'load'; readonly address: number; readonly bytes: 1 | 4 }
  | { readonly kind: 'store'; readonly address: number; readonly bytes: 1 | 4; readonly value: number }
  | { readonly kind: 'observe'; readonly address: number }
  | { readonly kind: 'publish'; readonly address: number; readonly value: number }
  | { readonly kind: 'exchange'; readonly address: number; readonly expected: number; readonly value: number }
  | { readonly kind: 'wait'; readonly address: number; readonly expected: number }
  | { readonly kind: 'sleep'; readonly address: number }
  | { readonly kind: 'notify'; readonly address: number }
  | { readonly kind: 'await-change'; readonly address: number; readonly seen: number };

type PlainStore = Extract<Operation, { kind: 'store' }>;

/** Results of `wait`: whether the thread went to sleep. Results of `sleep`: why it woke. */
export const NOT_EQUAL = 0;
export const ASLEEP = 1;
export const WOKEN = 0;
export const TIMED_OUT = 1;

/** Something that must not happen, found in this very step. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

export interface Outcome {
  readonly memory: MemoryState;
  readonly result: number;
}

export interface MemoryShape {
  readonly threadCount: number;
  /** Byte addresses of the words that threads synchronise on, with their first values. */
  readonly atomics: ReadonlyMap<number, number>;
  /** Byte range of the words that are accessed plainly; zero at first. */
  readonly plain: { readonly start: number; readonly end: number };
  /** Report data races as such. Without, only their consequences can be noticed. */
  readonly races: boolean;
  /** Let sleeping threads wake by themselves at any time. */
  readonly timeouts: boolean;
}

/** What one word is in the array of cells: its value, who wrote it last and when, and one row of clocks each. */
const VALUE = 0;
const WRITER = 1;
const WRITE_CLOCK = 2;
const FIRST_CLOCKS = 3;

export class MemoryState {
  readonly #shape: MemoryShape;
  readonly #slots: ReadonlyMap<number, number>;
  /** Per word: value, writer, write clock, clocks of the readers (plain) or of the publication (atomic). */
  readonly #cells: Int32Array;
  /** Per thread: its vector clock, then one more than the address it sleeps on, or 0. */
  readonly #threads: Int32Array;
  readonly #buffers: readonly (readonly PlainStore[])[];

  private constructor(
    shape: MemoryShape,
    slots: ReadonlyMap<number, number>,
    cells: Int32Array,
    threads: Int32Array,
    buffers: readonly (readonly PlainStore[])[],
  ) {
    this.#shape = shape;
    this.#slots = slots;
    this.#cells = cells;
    this.#threads = threads;
    this.#buffers = buffers;
  }

  static initial(shape: MemoryShape): MemoryState {
    const { threadCount, atomics, plain } = shape;
    const width = FIRST_CLOCKS + threadCount;
    const addresses = [...atomics.keys()];
    for (let address = plain.start; address < plain.end; address += 4) addresses.push(address);
    const slots = new Map(addresses.map((address, index) => [address, index * width]));
    const cells = new Int32Array(addresses.length * width);
    for (const [address, value] of atomics) cells[(slots.get(address) as number) + VALUE] = value;
    const threads = new Int32Array(threadCount * (threadCount + 1));
    for (let thread = 0; thread < threadCount; thread++) threads[thread * (threadCount + 2)] = 1;
    return new MemoryState(
      shape,
      slots,
      cells,
      threads,
      Array.from({ length: threadCount }, () => []),
    );
  }

  /** Two states with the same key behave alike for ever. */
  get key(): string {
    const buffers = this.#buffers.map((stores) => stores.map((store) => `${store.address}=${store.value}`).join());
    return `${packed(this.#cells)}|${packed(this.#threads)}|${buffers.join(';')}`;
  }

  /** The word as it lies in memory, without anything that is still buffered. */
  peek(address: number): number {
    return this.#cells[this.#slot(address) + VALUE];
  }

  isEnabled(thread: number, operation: Operation): boolean {
    if (operation.kind === 'await-change') return this.peek(operation.address) !== operation.seen;
    if (operation.kind === 'sleep') return this.#shape.timeouts || !this.#sleepsOn(thread, operation.address);
    return true;
  }

  /** All that can come of the operation; throws a Violation when it must not happen. */
  outcomes(thread: number, operation: Operation): Outcome[] {
    this.#checkAccess(thread, operation);
    return this.#arrivals(thread, operation).map((arrived) => {
      const memory = this.#fork(arrived);
      return { memory, result: memory.#apply(thread, operation) };
    });
  }

  #fork(arrived: readonly PlainStore[]): MemoryState {
    const buffers =
      arrived.length === 0
        ? [...this.#buffers]
        : this.#buffers.map((stores) => stores.filter((store) => !arrived.includes(store)));
    const fork = new MemoryState(this.#shape, this.#slots, this.#cells.slice(), this.#threads.slice(), buffers);
    for (const store of arrived) fork.#land(store);
    return fork;
  }

  /** Which sets of foreign buffered stores can have arrived when this operation looks at its word. */
  #arrivals(thread: number, operation: Operation): PlainStore[][] {
    const foreign = this.#buffers.flatMap((stores, owner) =>
      owner === thread ? [] : stores.filter((store) => overlap(store, operation)),
    );
    if (foreign.length === 0) return [[]];
    const sets = Array.from({ length: 1 << foreign.length }, (_, bits) =>
      foreign.filter((_store, index) => (bits & (1 << index)) !== 0),
    );
    return sets.filter((set) => set.every((store) => inOrder(store, set, foreign)));
  }

  #apply(thread: number, operation: Operation): number {
    switch (operation.kind) {
      case 'load':
        return this.#load(thread, operation.address, operation.bytes);
      case 'store':
        return this.#store(thread, operation);
      case 'observe':
        return this.#observe(thread, operation.address);
      case 'publish':
        return this.#publish(thread, operation.address, operation.value);
      case 'exchange':
        return this.#exchange(thread, operation);
      case 'wait':
        return this.#wait(thread, operation);
      case 'sleep':
        return this.#wake(thread, operation.address);
      case 'notify':
        return this.#notify(operation.address);
      case 'await-change':
        return 0;
    }
  }

  #load(thread: number, address: number, bytes: 1 | 4): number {
    const slot = this.#slot(address & ~3);
    this.#cells[slot + FIRST_CLOCKS + thread] = this.#clock(thread, thread);
    let word = this.#cells[slot + VALUE];
    for (const store of this.#buffers[thread]) {
      if (store.address >> 2 === address >> 2) word = combine(word, store);
    }
    return bytes === 4 ? word : (word >>> (8 * (address & 3))) & 0xff;
  }

  #store(thread: number, store: PlainStore): number {
    const slot = this.#slot(store.address & ~3);
    this.#cells[slot + WRITER] = thread + 1;
    this.#cells[slot + WRITE_CLOCK] = this.#clock(thread, thread);
    (this.#buffers as PlainStore[][])[thread] = [...this.#buffers[thread], store];
    return 0;
  }

  #observe(thread: number, address: number): number {
    const slot = this.#slot(address);
    for (let other = 0; other < this.#shape.threadCount; other++) {
      const clock = this.#cells[slot + FIRST_CLOCKS + other];
      if (clock > this.#clock(thread, other)) this.#setClock(thread, other, clock);
    }
    return this.#cells[slot + VALUE];
  }

  #publish(thread: number, address: number, value: number): number {
    for (const store of this.#buffers[thread]) this.#land(store);
    (this.#buffers as PlainStore[][])[thread] = [];
    const slot = this.#slot(address);
    this.#cells[slot + VALUE] = value;
    for (let other = 0; other < this.#shape.threadCount; other++) {
      this.#cells[slot + FIRST_CLOCKS + other] = this.#clock(thread, other);
    }
    this.#setClock(thread, thread, this.#clock(thread, thread) + 1);
    return 0;
  }

  #exchange(thread: number, operation: Extract<Operation, { kind: 'exchange' }>): number {
    const seen = this.#observe(thread, operation.address);
    if (seen === operation.expected) this.#publish(thread, operation.address, operation.value);
    return seen;
  }

  #wait(thread: number, operation: Extract<Operation, { kind: 'wait' }>): number {
    if (this.#observe(thread, operation.address) !== operation.expected) return NOT_EQUAL;
    this.#setSleep(thread, operation.address + 1);
    return ASLEEP;
  }

  #wake(thread: number, address: number): number {
    const result = this.#sleepsOn(thread, address) ? TIMED_OUT : WOKEN;
    this.#setSleep(thread, 0);
    return result;
  }

  #notify(address: number): number {
    let count = 0;
    for (let thread = 0; thread < this.#shape.threadCount; thread++) {
      if (!this.#sleepsOn(thread, address)) continue;
      this.#setSleep(thread, 0);
      count++;
    }
    return count;
  }

  #land(store: PlainStore): void {
    const slot = this.#slot(store.address & ~3);
    this.#cells[slot + VALUE] = combine(this.#cells[slot + VALUE], store);
  }

  #checkAccess(thread: number, operation: Operation): void {
    const slot = this.#slot(operation.address & ~3);
    if (!this.#shape.races) return;
    const isPlain = operation.kind === 'load' || operation.kind === 'store';
    if (isPlain === this.#shape.atomics.has(operation.address & ~3)) {
      throw new Violation(
        `a data race: ${isPlain ? 'plain access to a synchronising' : 'atomic access to a data'} word`,
      );
    }
    if (isPlain) this.#checkOrder(thread, slot, operation.kind === 'store');
  }

  #checkOrder(thread: number, slot: number, isStore: boolean): void {
    const writer = this.#cells[slot + WRITER] - 1;
    if (writer >= 0 && writer !== thread && !this.#knows(thread, writer, this.#cells[slot + WRITE_CLOCK])) {
      throw new Violation(
        'a data race: the word was written by another thread, which has not published it to this one',
      );
    }
    for (let reader = 0; isStore && reader < this.#shape.threadCount; reader++) {
      if (reader === thread || this.#knows(thread, reader, this.#cells[slot + FIRST_CLOCKS + reader])) continue;
      throw new Violation('a data race: the word was read by another thread, which has not given it back to this one');
    }
  }

  #knows(thread: number, other: number, clock: number): boolean {
    return clock <= this.#clock(thread, other);
  }

  #slot(address: number): number {
    const slot = this.#slots.get(address);
    if (slot === undefined) throw new Violation(`an access outside the shared memory, at byte ${address}`);
    return slot;
  }

  #clock(thread: number, other: number): number {
    return this.#threads[thread * (this.#shape.threadCount + 1) + other];
  }

  #setClock(thread: number, other: number, clock: number): void {
    this.#threads[thread * (this.#shape.threadCount + 1) + other] = clock;
  }

  #sleepsOn(thread: number, address: number): boolean {
    return this.#clock(thread, this.#shape.threadCount) === address + 1;
  }

  #setSleep(thread: number, place: number): void {
    this.#setClock(thread, this.#shape.threadCount, place);
  }
}

function packed(cells: Int32Array): string {
  return String.fromCharCode(...new Uint16Array(cells.buffer));
}

/** A word after a store to it or to one of its bytes. */
function combine(word: number, store: PlainStore): number {
  if (store.bytes === 4) return store.value | 0;
  const shift = 8 * (store.address & 3);
  return (word & ~(0xff << shift)) | ((store.value & 0xff) << shift);
}

function overlap(store: PlainStore, operation: Operation): boolean {
  const bytes = operation.kind === 'load' || operation.kind === 'store' ? operation.bytes : 4;
  return store.address < operation.address + bytes && operation.address < store.address + store.bytes;
}

/** Whether everything that the same thread stored to the same place before `store` has arrived as well. */
function inOrder(store: PlainStore, arrived: readonly PlainStore[], foreign: readonly PlainStore[]): boolean {
  const earlier = foreign.slice(0, foreign.indexOf(store)).filter((other) => overlap(other, store));
  return earlier.every((other) => arrived.includes(other));
}
