/**
 * The whole engine on one thread: the same shards and coordinator, the same channels over the same rings, turned one at
 * a time in whatever order a scheduler wants, under a clock that moves only when it is told to, spilling into memory.
 * With a seeded scheduler a whole run is one number, and can be had again.
 *
 * JavaScript runs one turn at a time, so what real threads could do *within* a turn of each other is not seen here; the
 * rings, where that matters, are model-checked for it.
 */
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../base/clock.ts';
import { MemorySpillStorage } from '../base/spill.ts';
import { allocateMesh, Mesh } from '../channel/mesh.ts';
import { Coordinator, type CoordinatorHooks } from '../engine/coordinator.ts';
import type { Module } from '../sdk/module.ts';
import { Shard } from '../shard/shard.ts';

/** Time that stands still until somebody moves it on. Sleepers wake in the order of their times. */
export class SimulatedClock implements Clock {
  #now: number;
  #sleeperCount = 0;
  /** Sorted by time, and those of one time by when they fell asleep; the next to wake comes last. */
  readonly #sleepers: { readonly at: number; readonly number: number; readonly wake: () => void }[] = [];

  constructor(now = 0) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  /** How many sleep. */
  get sleeperCount(): number {
    return this.#sleepers.length;
  }

  /** Resolves when the clock has been moved on by this long. */
  sleep(ms: number): Promise<void> {
    return new Promise((wake) => {
      this.#sleepers.push({ at: this.#now + ms, number: this.#sleeperCount++, wake });
      this.#sleepers.sort((a, b) => b.at - a.at || b.number - a.number);
    });
  }

  /** Moves on to when the next sleeper wakes, and wakes that one alone. False if nobody sleeps. */
  wakeNext(): boolean {
    const sleeper = this.#sleepers.pop();
    if (sleeper === undefined) return false;
    this.#now = Math.max(this.#now, sleeper.at);
    sleeper.wake();
    return true;
  }
}

export interface SingleThreadOptions {
  readonly shardCount: number;
  readonly clock: Clock;
  readonly ringCapacityBytes: number;
  readonly messageBytesMax: number;
  readonly overflowBytesMax: number;
  readonly mailboxCountMax: number;
  readonly creditCount: number;
  readonly egressCountMax: number;
  readonly batchCount: number;
  readonly development: boolean;
}

const DEFAULTS: SingleThreadOptions = {
  shardCount: 2,
  clock: new SimulatedClock(),
  ringCapacityBytes: 4096,
  messageBytesMax: 1 << 24,
  overflowBytesMax: 1 << 20,
  mailboxCountMax: 1024,
  creditCount: 1024,
  egressCountMax: 1024,
  batchCount: 256,
  development: true,
};

export class SingleThreadEngine {
  readonly coordinator: Coordinator;
  readonly shards: readonly Shard[];
  /** One per shard, and the coordinator's last. */
  readonly storages: readonly MemorySpillStorage[];
  /** Each thread's view of what connects them, the coordinator's last. */
  readonly meshes: readonly Mesh[];

  constructor(module: Module, options: Partial<SingleThreadOptions>, hooks: CoordinatorHooks) {
    const filled = { ...DEFAULTS, ...options };
    const memory = allocateMesh(filled.shardCount, filled.ringCapacityBytes);
    const threads = Array.from({ length: filled.shardCount + 1 }, (_, thread) => thread);
    this.storages = threads.map(() => new MemorySpillStorage());
    this.meshes = threads.map((thread) => new Mesh(memory, thread));
    this.shards = this.meshes
      .slice(0, filled.shardCount)
      .map((mesh, thread) => new Shard(module, mesh, { ...filled, storage: this.#storage(thread) }));
    const coordinatorOptions = { ...filled, storage: this.#storage(filled.shardCount) };
    this.coordinator = new Coordinator(module, this.meshes[filled.shardCount], coordinatorOptions, hooks);
  }

  get threadCount(): number {
    return this.meshes.length;
  }

  /** One turn of one thread's duty cycle; the coordinator is the last thread. Returns how much there was to do. */
  turn(thread: number): number {
    return (this.shards[thread] ?? this.coordinator).doWork();
  }

  /** Lets promises that are resolved go on, and all that follows from them. */
  async settle(): Promise<void> {
    await setImmediate();
  }

  /** Turns all threads one after the other, and moves the clock when nothing else moves, until nothing is in flight. */
  async runUntilQuiescent(clock?: SimulatedClock): Promise<void> {
    do {
      let workCount = 0;
      for (let thread = 0; thread < this.threadCount; thread++) workCount += this.turn(thread);
      await this.settle();
      if (workCount === 0) clock?.wakeNext();
    } while (!this.coordinator.isQuiescent);
  }

  #storage(thread: number): MemorySpillStorage {
    return this.storages[thread];
  }
}
