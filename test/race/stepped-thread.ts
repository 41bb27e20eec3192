/**
 * Runs the real code of one thread one shared access at a time, without a thread. A program is run from its start with
 * the results that its accesses gave so far; at the first access that has no result yet it is abandoned by an
 * exception, and that access is its next step. So what a thread will do is a function of what it has seen: a `History`,
 * a node in the tree of all that it can see. No code under test is changed: `Atomics` itself is put on probation while
 * a program runs, and plain words are reached through a proxy.
 */
import type { EventLoop } from '../../src/base/timers.ts';
import { ASLEEP, type Operation, WOKEN } from './operation.ts';

export type Program = (thread: SteppedThread) => void | Promise<void>;

/** What a thread does next: an operation, nothing more, or it has failed. */
export type Next = Operation | { readonly kind: 'done' } | { readonly kind: 'failed'; readonly error: unknown };

/** Abandons a run. One instance: it carries nothing, and thousands are thrown. */
class Suspended extends Error {}
const SUSPENDED = new Suspended('the run goes on when its next access has a result');

const MICROTASK_COUNT = 8;
const RESOLVED = Promise.resolve();

export class History {
  readonly #program: Program;
  readonly #parent: History | undefined;
  readonly #result: number;
  readonly #children = new Map<number, History>();
  readonly id: number;
  /** Undefined until `expand` has found it out. */
  next: Next | undefined;

  private constructor(program: Program, id: number, parent?: History, result = 0) {
    this.#program = program;
    this.#parent = parent;
    this.#result = result;
    this.id = id;
  }

  static begin(program: Program): History {
    return new History(program, nextId++);
  }

  after(result: number): History {
    let child = this.#children.get(result);
    if (child === undefined) this.#children.set(result, (child = new History(this.#program, nextId++, this, result)));
    return child;
  }

  #results(): number[] {
    return this.#parent === undefined ? [] : [...this.#parent.#results(), this.#result];
  }

  async expand(buffer: SharedArrayBuffer): Promise<void> {
    const thread = new SteppedThread(buffer, this.#results());
    this.next = await running(thread, () => thread.run(this.#program));
  }
}

let nextId = 0;

export class SteppedThread {
  /** Stands for the shared memory: it gives views their addresses, and nothing is ever stored in it. */
  readonly buffer: SharedArrayBuffer;
  readonly #results: readonly number[];
  readonly #lastSeen = new Map<number, number>();
  #stepCount = 0;
  #next: Operation | undefined;
  /** Its wait that others end, and the word on which it lies. */
  #wait: { readonly address: number; readonly end: () => void } | undefined;
  #timer: (() => void) | undefined;
  #soon: (() => void)[] = [];
  /** What there is of an event loop: one timer, and no wait on two words. */
  readonly loop: EventLoop = {
    set: (callback, ms) => void (this.#timer = Number.isFinite(ms) ? callback : undefined),
    clear: () => void (this.#timer = undefined),
    soon: (callback) => void this.#soon.push(callback),
  };

  constructor(buffer: SharedArrayBuffer, results: readonly number[]) {
    this.buffer = buffer;
    this.#results = results;
  }

  /**
   * Lets the event loop go on until something has ended: with the notification of its wait, with its timer or with what
   * the thread itself has put there, in each order. What has not come by then comes in a later sleep.
   */
  async loopUntil(ended: Promise<void>): Promise<void> {
    let isOver = false;
    const over = (): void => void (isOver = true);
    void ended.then(over, over);
    await microtasks();
    while (!isOver) {
      const isOther = this.#soon.length > 0 || this.#timer !== undefined;
      if (this.#isNotified(isOther)) this.#endWait();
      else this.#goOn();
      await microtasks();
    }
  }

  /** A wait lies on its word until it is notified, and its thread goes on meanwhile. */
  waitOn(address: number): Promise<void> {
    return new Promise<void>((end) => {
      this.#wait = { address, end };
    });
  }

  #isNotified(mayTimeOut: boolean): boolean {
    const wait = this.#wait;
    if (wait === undefined && !mayTimeOut) throw new Error('the thread sleeps, and nothing will ever wake it');
    return wait !== undefined && this.step({ kind: 'attend', address: wait.address, mayTimeOut }) === WOKEN;
  }

  #endWait(): void {
    this.#wait?.end();
    this.#wait = undefined;
  }

  #goOn(): void {
    const timer = this.#timer;
    const callbacks = this.#soon;
    this.#soon = [];
    if (callbacks.length > 0) for (const callback of callbacks) callback();
    else timer?.();
  }

  async run(program: Program): Promise<Next> {
    try {
      await program(this);
    } catch (error) {
      if (this.#next === undefined) return { kind: 'failed', error };
    }
    return this.#next ?? { kind: 'done' };
  }

  /** The result of the operation, if it has been carried out; else this is where the thread stands. */
  step(operation: Operation): number {
    if (this.#next !== undefined || this.#stepCount === this.#results.length) {
      this.#next ??= operation;
      throw SUSPENDED;
    }
    const result = this.#results[this.#stepCount++];
    if (operation.kind === 'observe') this.#lastSeen.set(operation.address, result);
    return result;
  }

  /** Waits, without spinning, until a word has another value than this thread last observed there. */
  awaitChange(address: number): void {
    this.step({ kind: 'await-change', address, seen: this.lastSeen(address) });
  }

  /** What this thread last observed in a word. */
  lastSeen(address: number): number {
    return this.#lastSeen.get(address) ?? 0;
  }

  /** The same array, with every element access made a step. */
  plainView<View extends Int32Array | Uint8Array>(view: View): View {
    const bytes = view.BYTES_PER_ELEMENT as 1 | 4;
    const addressOf = (property: string): number => view.byteOffset + Number(property) * bytes;
    return new Proxy(view, {
      get: (target, property) => {
        if (isElement(property)) return this.step({ kind: 'load', address: addressOf(property), bytes });
        return Reflect.get(target, property, target) as unknown;
      },
      set: (_target, property, value: number) => {
        if (!isElement(property)) return false;
        this.step({ kind: 'store', address: addressOf(property), bytes, value });
        return true;
      },
    });
  }
}

/** Enough for whatever was resolved to have come through a few promises. */
async function microtasks(): Promise<void> {
  for (let count = 0; count < MICROTASK_COUNT; count++) await RESOLVED;
}

function isElement(property: string | symbol): property is string {
  return typeof property === 'string' && /^-?\d+$/.test(property);
}

let runningThread: SteppedThread | undefined;

async function running<Result>(thread: SteppedThread, body: () => Promise<Result>): Promise<Result> {
  runningThread = thread;
  try {
    return await body();
  } finally {
    runningThread = undefined;
  }
}

/** Makes every use of `Atomics` on stepped memory a step while `body` runs; all other uses stay what they are. */
export async function withSteppedAtomics<Result>(body: () => Promise<Result>): Promise<Result> {
  const real = globalThis.Atomics;
  globalThis.Atomics = Object.assign(Object.create(real) as typeof Atomics, steppedAtomics(real));
  try {
    return await body();
  } finally {
    globalThis.Atomics = real;
  }
}

/** Only what a program can be expected to use; anything else reaches the real Atomics and the buffer of zeros. */
function steppedAtomics(real: typeof Atomics): Partial<Record<keyof typeof Atomics, unknown>> {
  return {
    load: (array: Int32Array, index: number) =>
      steppedBy(array)?.step({ kind: 'observe', address: addressOf(array, index) }) ?? real.load(array, index),
    store: (array: Int32Array, index: number, value: number) => {
      const thread = steppedBy(array);
      if (thread === undefined) return real.store(array, index, value);
      thread.step({ kind: 'publish', address: addressOf(array, index), value });
      return value;
    },
    compareExchange: (array: Int32Array, index: number, expected: number, value: number) =>
      steppedBy(array)?.step({ kind: 'exchange', address: addressOf(array, index), expected, value }) ??
      real.compareExchange(array, index, expected, value),
    notify: (array: Int32Array, index: number, count?: number) =>
      steppedBy(array)?.step({ kind: 'notify', address: addressOf(array, index) }) ?? real.notify(array, index, count),
    wait: (array: Int32Array, index: number, expected: number, timeoutMs?: number) => {
      const thread = steppedBy(array);
      if (thread === undefined) return real.wait(array, index, expected, timeoutMs);
      return fallAsleep(thread, array, index, expected) ? wakeUp(thread, array, index, timeoutMs) : 'not-equal';
    },
    waitAsync: (array: Int32Array, index: number, expected: number, timeoutMs?: number) => {
      const thread = steppedBy(array);
      if (thread === undefined) return real.waitAsync(array, index, expected, timeoutMs);
      if (timeoutMs !== undefined) throw new Error('the time limits of asynchronous waits are not modelled');
      if (!fallAsleep(thread, array, index, expected)) return { async: false, value: 'not-equal' };
      return { async: true, value: thread.waitOn(addressOf(array, index)).then(() => 'ok' as const) };
    },
  };
}

function steppedBy(array: Int32Array): SteppedThread | undefined {
  return runningThread?.buffer === array.buffer ? runningThread : undefined;
}

function addressOf(array: Int32Array, index: number): number {
  return array.byteOffset + index * array.BYTES_PER_ELEMENT;
}

function fallAsleep(thread: SteppedThread, array: Int32Array, index: number, expected: number): boolean {
  return thread.step({ kind: 'wait', address: addressOf(array, index), expected }) === ASLEEP;
}

function wakeUp(
  thread: SteppedThread,
  array: Int32Array,
  index: number,
  timeoutMs = Number.POSITIVE_INFINITY,
): 'ok' | 'timed-out' {
  const mayTimeOut = timeoutMs !== Number.POSITIVE_INFINITY;
  return thread.step({ kind: 'sleep', address: addressOf(array, index), mayTimeOut }) === WOKEN ? 'ok' : 'timed-out';
}
