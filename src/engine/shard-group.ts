/**
 * One life of the shards: their threads, and the memory that connects them with the coordinator. When a shard fails, the
 * whole group ends, since the others are ahead of what it still knows; another group may take its place.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { allocateMesh, Mesh, type MeshMemory } from '../channel/mesh.ts';
import { COMMAND_STOP } from '../metrics/counters.ts';
import type { Lookout } from '../metrics/lookout.ts';
import type { FilledOptions } from './options.ts';
import { ShardHost } from './shard-host.ts';
import type { ShardTask } from './shard-task.ts';

/** How long shards get to end by themselves. */
const END_TIMEOUT_MS = 1_000;
/** The same when they are to end at once: LevelDB may end the whole process if its thread goes while it reads. */
const FORCED_END_TIMEOUT_MS = 250;
/** How often `started` looks again. */
const POLL_MS = 1;

export type ShardFailed = (shard: number, cause: unknown) => void;

export class ShardGroup {
  readonly mesh: Mesh;
  readonly #memory: MeshMemory;
  readonly #host: ShardHost;
  readonly #lookouts: readonly Lookout[];
  readonly #shardCount: number;
  #failure: unknown;
  #hasFailed = false;

  /** `before` is the group whose place this one takes. */
  constructor(options: FilledOptions, before?: ShardGroup) {
    const { shardCount } = options;
    this.#memory = allocateMesh(shardCount, options.ringCapacityBytes, before && before.#memory);
    this.#shardCount = shardCount;
    this.mesh = new Mesh(this.#memory, shardCount);
    this.#lookouts = Array.from({ length: shardCount }, (_, shard) => this.mesh.counters.lookout(shard));
    this.#host = new ShardHost(shardCount, options.maxHeapMiB);
  }

  /** What each shard's thread is at. */
  get lookouts(): readonly Lookout[] {
    return this.#lookouts;
  }

  /** Resolves when all threads answer, wherever their code is; never if one has ended. */
  async answered(): Promise<void> {
    await this.#host.answered().catch(() => new Promise(() => {}));
  }

  /** Starts the threads; `failed` is called for each that ends with an error. */
  start(task: (shard: number, memory: MeshMemory) => ShardTask, failed: ShardFailed): void {
    for (let shard = 0; shard < this.#shardCount; shard++) {
      this.#host.start(task(shard, this.#memory), (cause) => {
        if (!this.#hasFailed) this.#failure = cause;
        this.#hasFailed = true;
        failed(shard, cause);
      });
    }
  }

  /**
   * Resolves when all shards are there; rejects with what ended the first that is not. Credit is not waited for: a shard may
   * have none to give before the coordinator, which is turned from here on, has taken what the shard has for it.
   */
  async started(isGivenUp: () => boolean): Promise<void> {
    const { counters } = this.mesh;
    for (let shard = 0; shard < this.#shardCount; shard++) {
      while (!counters.isPresent(shard)) {
        if (this.#hasFailed) throw this.#failure;
        if (isGivenUp()) return;
        await sleep(POLL_MS);
      }
    }
    // One may have been there and have failed since, before anybody looked.
    if (this.#hasFailed) throw this.#failure;
  }

  /** Orders the shards to end, and ends those that do not; almost at once, if so wished. */
  async end(atOnce: () => boolean): Promise<void> {
    this.mesh.counters.order(COMMAND_STOP);
    for (let thread = 0; thread <= this.#shardCount; thread++) this.mesh.doorbell(thread).ring();
    // A shard that is stuck in user code does not end by itself.
    const timeoutMs = atOnce() ? FORCED_END_TIMEOUT_MS : END_TIMEOUT_MS;
    await Promise.race([this.#host.ended(), sleep(timeoutMs, undefined, { ref: false })]);
    await this.#host.destroy();
  }
}
