/**
 * How much a shard may have under way that is not finished when its turn ends: async invocations and operations of
 * `ctx.async`, of each function and in all. What would be too much waits, in a queue of its function, in the order in
 * which it came (I4); so a slow function holds its own messages and nobody else's, and functions that finish at once
 * never wait. Functions may share a bound, which then counts for all of them instead of that of the shard.
 *
 * A function is *crowded* while something of it waits or it may begin nothing: then all its further messages go to the
 * end of its queue, whoever they are for, so that none overtakes an older one.
 */
import type { SpillStorage } from '../../base/spill.ts';
import type { SharedBound } from '../../sdk/function-extras.ts';
import type { Entity } from '../../state/entity.ts';
import { CallCounts } from './call-counts.ts';
import { type Floods, isStillFlooded } from './floods.ts';
import type { FunctionBinding } from '../function-binding.ts';
import { FunctionLoad, SharedLoad } from './function-load.ts';
import { Mailbox } from './mailbox.ts';
import type { WaitingLines } from './waiting-lines.ts';

/** Async work under way in one shard. */
const ASYNC_COUNT_DEFAULT = 10_000;
/** Messages of one queue that wait as objects: more than come until a flood is heard of, or these were encoded again. */
const QUEUE_COUNT_DEFAULT = 4_096;
/** For each of those, addresses that wait for a function with lines of their own: two, so that one is ready while lines are filled. */
const READY_FACTOR = 2;

export interface BoundsOptions {
  readonly storage: SpillStorage;
  readonly overflowBytesMax: number;
  /** Async work under way in the shard at most. */
  readonly asyncCountMax?: number | undefined;
  /** Messages of one queue that wait as objects; more wait encoded. */
  readonly queueCountMax?: number | undefined;
  readonly floods: Floods;
}

export class AsyncBounds {
  /** By the index of a function's binding: 1 while its messages must wait, 0 while not; undefined before anybody asked. */
  readonly crowded: (number | undefined)[] = [];
  /** Async invocations and operations under way. */
  count = 0;
  readonly calls: CallCounts = new CallCounts();
  readonly #options: BoundsOptions;
  readonly #lines: WaitingLines;
  readonly #queueCountMax: number;
  readonly #countMax: number;
  readonly #loads: (FunctionLoad | undefined)[] = [];
  readonly #shared = new Map<SharedBound, SharedLoad>();
  /** Those of which something waits, next first. */
  #waiting: FunctionLoad[] = [];

  /** `lines` are those of the shard. */
  constructor(options: BoundsOptions, lines: WaitingLines) {
    this.#options = options;
    this.#lines = lines;
    this.#queueCountMax = options.queueCountMax ?? QUEUE_COUNT_DEFAULT;
    this.#countMax = options.asyncCountMax ?? ASYNC_COUNT_DEFAULT;
  }

  loadOf(binding: FunctionBinding): FunctionLoad {
    const { index } = binding;
    let load = this.#loads[index];
    if (load === undefined) {
      load = new FunctionLoad(binding, this.#sharedOf(binding), this.#queueCountMax * READY_FACTOR);
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
    const { storage, overflowBytesMax } = this.#options;
    const load = this.loadOf(binding);
    load.messages ??= new Mailbox(this.#queueCountMax, storage, overflowBytesMax);
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
    load.addReady(entity);
    this.update(load);
  }

  /** Something is under way from now on. */
  begin(binding: FunctionBinding): void {
    const load = this.loadOf(binding);
    load.count++;
    load.isAsync = true;
    this.calls.begin(binding.fn.sharedBound);
    if (load.shared !== undefined) this.#countShared(load, load.shared, 1);
    else if (++this.count === this.#countMax) this.#updateAll(this.#loads);
    else this.update(load);
  }

  /** Something has ended. */
  end(binding: FunctionBinding): void {
    const load = this.loadOf(binding);
    load.count--;
    this.calls.end(binding.fn.sharedBound);
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
    const { floodCount } = load;
    const { floods } = this.#options;
    const count = this.#heldCount(load);
    const countMax = load.binding.fn.takesWaiting === true ? floods.batchCountMax : floods.countMax;
    const isFlooded = floodCount > 0 ? isStillFlooded(count, floodCount) : count > countMax;
    if (isFlooded === floodCount > 0) return;
    load.floodCount = isFlooded ? count : 0;
    floods.tell({ type: load.binding.index, id: undefined, isFlooded });
  }

  /** Messages that wait for a function, but for those that count with their flooded addresses. */
  #heldCount({ binding, messageCount }: FunctionLoad): number {
    const isLinedUp = binding.fn.takesWaiting === true && this.crowded[binding.index] === 1;
    return isLinedUp ? messageCount + this.#lines.unfloodedCount(binding.index) : messageCount;
  }

  /** A function of which something waits that may go on now; each in turn. */
  next(): FunctionLoad | undefined {
    // Mostly it is one, whose turn it always is.
    if (this.#waiting.length === 1 && this.#waiting[0].isWaiting) {
      return this.mayGoOn(this.#waiting[0]) ? this.#waiting[0] : undefined;
    }
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

  /** Messages that wait for flooded functions. */
  get floodedCount(): number {
    let count = 0;
    for (const load of this.#waiting) if (load.floodCount > 0) count += this.#heldCount(load);
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
