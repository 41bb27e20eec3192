/**
 * The memory that model-checked threads share: one immutable state of it, and every way in which the next access can
 * turn out. It is meaner than any real machine, within what JavaScript promises:
 *
 * - Atomics are sequentially consistent: they happen one at a time, each sees the one before.
 * - A plain store waits in its thread's store buffer. Other threads may see the buffered stores one by one, in any
 *   order, late or early; only the thread's next atomic store makes them visible for certain. (They are not flushed
 *   step by step: a foreign load forks into every subset that can have arrived by then, which comes to the same.)
 *
 * Plain loads are not delayed here. They need not be: a program in which no interleaving has a data race behaves as if
 * there were only interleavings. That is JavaScript's guarantee, and the race detector sees to its condition.
 */
import {
  ASLEEP,
  arrivals,
  combine,
  NOT_EQUAL,
  type Operation,
  type PlainStore,
  TIMED_OUT,
  Violation,
  WOKEN,
} from './operation.ts';
import { RaceDetector } from './race-detector.ts';

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
}

export class MemoryState {
  readonly #shape: MemoryShape;
  /** Address → where its word is. */
  readonly #index: ReadonlyMap<number, number>;
  readonly #words: Int32Array;
  /** Per thread: one more than the address it sleeps on, or 0. */
  readonly #beds: Int32Array;
  readonly #buffers: (readonly PlainStore[])[];
  readonly #races: RaceDetector | undefined;

  private constructor(
    { shape, index }: { shape: MemoryShape; index: ReadonlyMap<number, number> },
    words: Int32Array,
    beds: Int32Array,
    buffers: (readonly PlainStore[])[],
    races: RaceDetector | undefined,
  ) {
    this.#shape = shape;
    this.#index = index;
    this.#words = words;
    this.#beds = beds;
    this.#buffers = buffers;
    this.#races = races;
  }

  static initial(shape: MemoryShape): MemoryState {
    const { threadCount, atomics, plain, races } = shape;
    const addresses = [...atomics.keys()];
    for (let address = plain.start; address < plain.end; address += 4) addresses.push(address);
    const index = new Map(addresses.map((address, word) => [address, word]));
    const words = Int32Array.from(addresses, (address) => atomics.get(address) ?? 0);
    const buffers = Array.from({ length: threadCount }, () => []);
    const detector = races ? RaceDetector.initial(threadCount, words.length) : undefined;
    return new MemoryState({ shape, index }, words, new Int32Array(threadCount), buffers, detector);
  }

  /** Two states with the same key behave alike for ever. */
  get key(): string {
    const buffers = this.#buffers.map((stores) => stores.map((store) => `${store.address}=${store.value}`).join());
    const clocks = this.#races === undefined ? '' : packed(this.#races.cells);
    return `${packed(this.#words)}|${packed(this.#beds)}|${clocks}|${buffers.join(';')}`;
  }

  /** The word as it lies in memory, without anything that is still buffered. */
  peek(address: number): number {
    return this.#words[this.#word(address)];
  }

  /** All that can come of the operation, nothing while it must wait; throws a Violation when it must not happen. */
  outcomes(thread: number, operation: Operation): Outcome[] {
    const { kind, address } = operation;
    this.#races?.check(thread, this.#word(address), operation, this.#shape.atomics.has(address & ~3));
    if (kind === 'sleep' && !operation.mayTimeOut && this.#sleepsOn(thread, address)) return [];
    if (kind === 'attend') return this.#attended(thread, operation);
    const foreign = this.#buffers.flatMap((stores, owner) => (owner === thread ? [] : stores));
    const outcomes = arrivals(foreign, operation).map((arrived) => {
      const memory = this.#fork(arrived);
      return { memory, result: memory.#apply(thread, operation) };
    });
    if (kind !== 'await-change') return outcomes;
    return outcomes.filter(({ memory }) => memory.peek(address) !== operation.seen);
  }

  /** A notification may be on its way for as long as it likes. */
  #attended(thread: number, { address, mayTimeOut }: Extract<Operation, { kind: 'attend' }>): Outcome[] {
    const results = [...(this.#sleepsOn(thread, address) ? [] : [WOKEN]), ...(mayTimeOut ? [TIMED_OUT] : [])];
    return results.map((result) => ({ memory: this, result }));
  }

  #fork(arrived: readonly PlainStore[]): MemoryState {
    const buffers = this.#buffers.map((stores) =>
      arrived.length === 0 ? stores : stores.filter((store) => !arrived.includes(store)),
    );
    const from = { shape: this.#shape, index: this.#index };
    const fork = new MemoryState(from, this.#words.slice(), this.#beds.slice(), buffers, this.#races?.fork());
    for (const store of arrived) fork.#land(store);
    return fork;
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
      case 'attend':
        return 0;
    }
  }

  #load(thread: number, address: number, bytes: 1 | 4): number {
    const index = this.#word(address);
    this.#races?.onLoad(thread, index);
    const own = this.#buffers[thread].filter((store) => store.address >> 2 === address >> 2);
    const word = own.reduce(combine, this.#words[index]);
    return bytes === 4 ? word : (word >>> (8 * (address & 3))) & 0xff;
  }

  #store(thread: number, store: PlainStore): number {
    this.#races?.onStore(thread, this.#word(store.address));
    this.#buffers[thread] = [...this.#buffers[thread], store];
    return 0;
  }

  #observe(thread: number, address: number): number {
    this.#races?.onObserve(thread, this.#word(address));
    return this.peek(address);
  }

  #publish(thread: number, address: number, value: number): number {
    for (const store of this.#buffers[thread]) this.#land(store);
    this.#buffers[thread] = [];
    this.#words[this.#word(address)] = value;
    this.#races?.onPublish(thread, this.#word(address));
    return 0;
  }

  #exchange(thread: number, { address, expected, value }: Extract<Operation, { kind: 'exchange' }>): number {
    const seen = this.#observe(thread, address);
    if (seen === expected) this.#publish(thread, address, value);
    return seen;
  }

  #wait(thread: number, { address, expected }: Extract<Operation, { kind: 'wait' }>): number {
    if (this.#observe(thread, address) !== expected) return NOT_EQUAL;
    this.#beds[thread] = address + 1;
    return ASLEEP;
  }

  #wake(thread: number, address: number): number {
    const result = this.#sleepsOn(thread, address) ? TIMED_OUT : WOKEN;
    this.#beds[thread] = 0;
    return result;
  }

  #notify(address: number): number {
    const sleepers = [...this.#beds.keys()].filter((thread) => this.#sleepsOn(thread, address));
    for (const thread of sleepers) this.#beds[thread] = 0;
    return sleepers.length;
  }

  #sleepsOn(thread: number, address: number): boolean {
    return this.#beds[thread] === address + 1;
  }

  #land(store: PlainStore): void {
    const index = this.#word(store.address);
    this.#words[index] = combine(this.#words[index], store);
  }

  #word(address: number): number {
    const word = this.#index.get(address & ~3);
    if (word === undefined) throw new Violation(`an access outside the shared memory, at byte ${address}`);
    return word;
  }
}

function packed(cells: Int32Array): string {
  return Buffer.from(cells.buffer).toString('latin1');
}
