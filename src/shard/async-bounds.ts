/**
 * How much a shard may have under way that is not finished when its turn ends: async invocations and operations of
 * `ctx.async`, of each function and in all. What would be too much waits, in a queue of its function, in the order in
 * which it came (I4); so a slow function holds its own messages and nobody else's, and functions that finish at once
 * never wait. Functions may share a bound, which then counts for all of them instead of that of the shard.
 *
 * A function is *crowded* while something of it waits or it may begin nothing: then all its further messages go to the
 * end of its queue, whoever they are for, so that none overtakes an older one.
 */
import type { SpillStorage } from '../base/spill.ts';
import type { SharedBound } from '../sdk/function-extras.ts';
import type { Entity } from '../state/entity.ts';
import { type Floods, isStillFlooded } from './floods.ts';
import type { FunctionBinding } from './function-binding.ts';
import { Mailbox } from './mailbox.ts';

/** Async work under way in one shard. */
const ASYNC_COUNT_DEFAULT = 10_000;
/** Messages of one queue that wait as objects. */
const QUEUE_COUNT_DEFAULT = 1_024;

export interface BoundsOptions {
  readonly storage: SpillStorage;
  readonly overflowBytesMax: number;
  /** Async work under way in the shard at most. */
  readonly asyncCountMax?: number | undefined;
  /** Messages of one queue that wait as objects; more wait encoded. */
  readonly queueCountMax?: number | undefined;
  readonly floods: Floods;
}

/** What is under way of several functions that share a bound. */
export class SharedLoad {
  readonly countMax: number;
  count = 0;
  readonly loads: FunctionLoad[] = [];

  constructor({ concurrency }: SharedBound) {
    this.countMax = concurrency;
  }

  get hasRoom(): boolean {
    return this.count < this.countMax;
  }
}

/** What is under way of one function, and what waits. */
export class FunctionLoad {
  readonly binding: FunctionBinding;
  readonly shared: SharedLoad | undefined;
  count = 0;
  /** Whether it is known to have work under way when its invocations return. */
  isAsync: boolean;
  /** Operations that have not begun, oldest first. They go before all else. */
  readonly operations: (() => void)[] = [];
  /** Busy entities whose lines could go on, in the order in which they became ready. */
  readonly ready: Entity[] = [];
  /** Made when messages have to wait. */
  messages: Mailbox | undefined = undefined;
  /** How many messages waited when it became flooded; 0 while it is not. */
  floodCount = 0;
  /** Whether the next to go on is a ready entity rather than a message. */
  isEntityNext = false;

  constructor(binding: FunctionBinding, shared: SharedLoad | undefined) {
    this.binding = binding;
    this.shared = shared;
    shared?.loads.push(this);
    this.isAsync = binding.isAsync;
  }

  get messageCount(): number {
    return this.messages?.count ?? 0;
  }

  get isWaiting(): boolean {
    return this.messageCount > 0 || this.ready.length > 0 || this.operations.length > 0;
  }

  get countMax(): number {
    return this.binding.fn.concurrency ?? Number.POSITIVE_INFINITY;
  }
}

export class AsyncBounds {
  /** By the index of a function's binding: 1 while its messages must wait, 0 while not; undefined before anybody asked. */
  readonly crowded: (number | undefined)[] = [];
  /** Async invocations and operations under way. */
  count = 0;
  readonly #options: BoundsOptions;
  readonly #countMax: number;
  readonly #loads: (FunctionLoad | undefined)[] = [];
  readonly #shared = new Map<SharedBound, SharedLoad>();
  /** Those of which something waits, next first. */
  #waiting: FunctionLoad[] = [];

  constructor(options: BoundsOptions) {
    this.#options = options;
    this.#countMax = options.asyncCountMax ?? ASYNC_COUNT_DEFAULT;
  }

  loadOf(binding: FunctionBinding): FunctionLoad {
    const { index } = binding;
    let load = this.#loads[index];
    if (load === undefined) {
      load = new FunctionLoad(binding, this.#sharedOf(binding));
      // Functions are numbered one after the other, and whoever comes up first may have any number.
      while (this.#loads.length <= index) {
        this.#loads.push(undefined);
        this.crowded.push(undefined);
      }
      this.#loads[index] = load;
      this.update(load);
    }
    return load;
  }

  #sharedOf({ fn: { sharedBound } }: FunctionBinding): SharedLoad | undefined {
    if (sharedBound === undefined) return undefined;
    let shared = this.#shared.get(sharedBound);
    if (shared === undefined) {
      shared = new SharedLoad(sharedBound);
      this.#shared.set(sharedBound, shared);
    }
    return shared;
  }

  isCrowded(binding: FunctionBinding): boolean {
    this.loadOf(binding);
    return this.crowded[binding.index] === 1;
  }

  /** Where messages of a function wait. */
  queueOf(binding: FunctionBinding): Mailbox {
    const { storage, overflowBytesMax, queueCountMax = QUEUE_COUNT_DEFAULT } = this.#options;
    const load = this.loadOf(binding);
    load.messages ??= new Mailbox(queueCountMax, storage, overflowBytesMax);
    return load.messages;
  }

  /** Whether the function may have one more under way. */
  hasRoom(load: FunctionLoad): boolean {
    const hasRoom = load.shared === undefined ? this.count < this.#countMax : load.shared.hasRoom;
    return hasRoom && load.count < load.countMax;
  }

  /** Whether it may be invoked: always, if its invocations are not known to leave anything under way. */
  mayGoOn(load: FunctionLoad): boolean {
    return !load.isAsync || this.hasRoom(load);
  }

  /** An entity with a line could go on. */
  makeReady(binding: FunctionBinding, entity: Entity): void {
    const load = this.loadOf(binding);
    load.ready.push(entity);
    this.update(load);
  }

  /** Something is under way from now on. */
  begin(binding: FunctionBinding): void {
    const load = this.loadOf(binding);
    load.count++;
    load.isAsync = true;
    if (load.shared !== undefined) this.#countShared(load, load.shared, 1);
    else if (++this.count === this.#countMax) this.#updateAll(this.#loads);
    else this.update(load);
  }

  /** Something has ended. */
  end(binding: FunctionBinding): void {
    const load = this.loadOf(binding);
    load.count--;
    if (load.shared !== undefined) this.#countShared(load, load.shared, -1);
    else if (this.count-- === this.#countMax) this.#updateAll(this.#loads);
    else this.update(load);
  }

  /** Work that has a bound of its own takes nothing from what the others may have under way. */
  #countShared(load: FunctionLoad, shared: SharedLoad, change: 1 | -1): void {
    const { hasRoom } = shared;
    shared.count += change;
    if (shared.hasRoom === hasRoom) this.update(load);
    else this.#updateAll(shared.loads);
  }

  #updateAll(loads: readonly (FunctionLoad | undefined)[]): void {
    for (const load of loads) if (load?.isAsync === true) this.update(load);
  }

  /** Something has begun, ended, come to wait or gone on. */
  update(load: FunctionLoad): void {
    const { isWaiting } = load;
    const { index } = load.binding;
    this.crowded[index] = isWaiting || !this.mayGoOn(load) ? 1 : 0;
    if (isWaiting && !this.#waiting.includes(load)) this.#waiting.push(load);
    this.#updateFlood(load);
  }

  #updateFlood(load: FunctionLoad): void {
    const { messageCount, floodCount } = load;
    const { floods } = this.#options;
    const isFlooded = floodCount > 0 ? isStillFlooded(messageCount, floodCount) : messageCount > floods.countMax;
    if (isFlooded === floodCount > 0) return;
    load.floodCount = isFlooded ? messageCount : 0;
    floods.tell({ type: load.binding.index, id: undefined, isFlooded });
  }

  /** A function of which something waits that may go on now; each in turn. */
  next(): FunctionLoad | undefined {
    for (let count = this.#waiting.length; count > 0; count--) {
      const load = this.#waiting.shift() as FunctionLoad;
      if (!load.isWaiting) {
        load.messages = undefined;
        continue;
      }
      this.#waiting.push(load);
      if (this.mayGoOn(load)) return load;
    }
    return undefined;
  }

  /** Whether something that waits may go on. */
  get canGoOn(): boolean {
    return this.#waiting.some((load) => load.isWaiting && this.mayGoOn(load));
  }

  /** Messages that wait for their function; not those that wait for their address. */
  get queuedCount(): number {
    let count = 0;
    for (const { messageCount } of this.#waiting) count += messageCount;
    return count;
  }

  /** Those of them that wait in flooded queues. */
  get floodedCount(): number {
    let count = 0;
    for (const { messageCount, floodCount } of this.#waiting) if (floodCount > 0) count += messageCount;
    return count;
  }

  /** Their queues. */
  *queues(): Generator<Mailbox> {
    for (const { messages } of this.#waiting) if (messages !== undefined) yield messages;
  }

  get memoryBytes(): number {
    let bytes = 0;
    for (const { messages } of this.#waiting) bytes += messages?.memoryBytes ?? 0;
    return bytes;
  }

  spill(): void {
    for (const { messages } of this.#waiting) messages?.spill();
  }
}
