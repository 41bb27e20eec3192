/**
 * The whole engine on one thread: the same shards and coordinator, the same channels over the same rings, turned one at
 * a time in whatever order a scheduler wants, under a clock that moves only when it is told to, spilling into memory.
 * With a seeded scheduler a whole run is one number, and can be had again.
 *
 * JavaScript runs one turn at a time, so what real threads could do *within* a turn of each other is not seen here; the
 * rings, where that matters, are model-checked for it.
 *
 * Where its state goes to disk, its shards stand on grounds that somebody else opens, and may be replaced while the
 * coordinator goes on: see `durable-process.ts`.
 */
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../base/clock.ts';
import { Prng } from '../base/prng.ts';
import type { Random } from '../base/random.ts';
import type { MemorySpillStorage } from '../base/spill.ts';
import { allocateMesh, Mesh, type MeshMemory } from '../channel/mesh.ts';
import { Coordinator } from '../engine/coordinator.ts';
import type { CoordinatorDurableOptions, CoordinatorHooks } from '../engine/coordinator-options.ts';
import type { CausalIds } from '../engine/outside-meta.ts';
import type { Module } from '../sdk/module.ts';
import type { DurableOptions } from '../shard/durable/durability.ts';
import { Shard } from '../shard/shard.ts';
import type { Suspect } from '../shard/failing/suspects.ts';
import { FaultySpillStorage } from './faulty-spill-storage.ts';
import { SimulatedClock } from './simulated-clock.ts';

export { SimulatedClock } from './simulated-clock.ts';

export interface SingleThreadOptions {
  readonly shardCount: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly ringCapacityBytes: number;
  readonly messageBytesMax: number;
  readonly overflowBytesMax: number;
  readonly mailboxCountMax: number;
  readonly lineCountMax: number;
  readonly heldCountMax: number;
  readonly queueCountMax: number;
  readonly asyncCountMax: number;
  readonly floodCountMax: number;
  readonly creditCount: number;
  readonly egressCountMax: number;
  readonly batchCount: number;
  readonly development: boolean;
  /** Addresses at which the threads of shards have died. */
  readonly suspects?: readonly Suspect[];
  readonly causalIds: CausalIds;
  /** Says whether this block cannot be spilled. */
  readonly spillFault: () => boolean;
}

/** What a durable engine stands on, opened. */
export interface SingleThreadGround {
  readonly coordinator: CoordinatorDurableOptions;
  /** One per shard. */
  readonly shards: readonly DurableOptions[];
}

const DEFAULTS: Omit<SingleThreadOptions, 'clock' | 'random'> = {
  shardCount: 2,
  ringCapacityBytes: 4096,
  messageBytesMax: 1 << 24,
  overflowBytesMax: 1 << 20,
  mailboxCountMax: 1024,
  lineCountMax: 64,
  heldCountMax: 1024,
  queueCountMax: 1024,
  asyncCountMax: 10_000,
  floodCountMax: 1024,
  creditCount: 1024,
  egressCountMax: 1024,
  batchCount: 256,
  development: true,
  causalIds: 'traced',
  spillFault: () => false,
};

export class SingleThreadEngine {
  readonly coordinator: Coordinator;
  shards: readonly Shard[] = [];
  /** One per shard, and the coordinator's last. */
  readonly storages: readonly MemorySpillStorage[];
  /** Each thread's view of what connects them, the coordinator's last. */
  meshes: readonly Mesh[] = [];
  readonly #module: Module;
  readonly #options: SingleThreadOptions;
  #suspects: readonly Suspect[];
  #memory: MeshMemory;

  constructor(
    module: Module,
    options: Partial<SingleThreadOptions>,
    hooks: CoordinatorHooks,
    ground?: SingleThreadGround,
  ) {
    const prng = new Prng(1);
    const random = (): number => prng.fraction();
    const filled = { ...DEFAULTS, clock: new SimulatedClock(), random, ...options };
    const { shardCount } = filled;
    this.#module = module;
    this.#options = filled;
    this.#suspects = filled.suspects ?? [];
    this.storages = Array.from({ length: shardCount + 1 }, () => new FaultySpillStorage(filled.spillFault));
    this.#memory = allocateMesh(shardCount, filled.ringCapacityBytes);
    this.#buildShards(ground?.shards);
    const coordinatorOptions = { ...filled, storage: this.storages[shardCount] };
    this.coordinator = new Coordinator(
      module,
      this.meshes[shardCount],
      ground === undefined ? coordinatorOptions : { ...coordinatorOptions, durable: ground.coordinator },
      hooks,
    );
  }

  #buildShards(grounds: readonly DurableOptions[] | undefined): void {
    this.meshes = this.storages.map((_, thread) => new Mesh(this.#memory, thread));
    this.shards = this.meshes.slice(0, -1).map((mesh, thread) => {
      const options = { ...this.#options, suspects: this.#suspects, storage: this.storages[thread] };
      const durable = grounds?.[thread];
      return new Shard(this.#module, mesh, durable === undefined ? options : { ...options, durable });
    });
  }

  /** Ends the shards as a crash of their threads does; nothing turns until `replaceShards`. */
  dropShards(): void {
    // They live no longer than their threads. Nobody can be told that one does not end.
    this.stopCompanions().catch(() => {});
    this.shards = [];
    for (const storage of this.storages.slice(0, -1)) storage.clear();
  }

  /** Ends what lives beside the shards. */
  async stopCompanions(): Promise<void> {
    await Promise.all(this.shards.map(({ companions }) => companions.stop()));
  }

  /** New shards over a new mesh, while the coordinator goes on and sends them what they lack. */
  replaceShards(grounds: readonly DurableOptions[], suspects: readonly Suspect[]): void {
    this.#suspects = suspects;
    this.#memory = allocateMesh(this.#options.shardCount, this.#options.ringCapacityBytes, this.#memory);
    this.#buildShards(grounds);
    this.coordinator.reconnect(this.meshes[this.#options.shardCount]);
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
}
