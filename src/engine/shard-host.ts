/**
 * One worker thread per shard, for as long as the engine lives. The only importer of piscina, whose pool of tasks is
 * used as a pool of owners: as many threads as shards, one never-ending task on each.
 */
import type { Worker } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { errorOf, type Failure } from '../shard/failing/failure.ts';
import type { ShardTask } from './shard-task.ts';

/** The thread entry, next to `index`: a `.ts` file in development, a `.js` file in a built package. */
const WORKER_URL = new URL(import.meta.url.endsWith('.ts') ? '../worker.ts' : '../worker.js', import.meta.url);

export class ShardHost {
  readonly #pool: Piscina<ShardTask, void>;
  readonly #tasks: Promise<void>[] = [];

  constructor(shardCount: number, maxHeapMiB: number | undefined) {
    this.#pool = new Piscina<ShardTask, void>({
      filename: WORKER_URL.href,
      minThreads: shardCount,
      maxThreads: shardCount,
      concurrentTasksPerWorker: 1,
      // Without this, piscina would block each thread's event loop between tasks.
      atomics: 'disabled',
      idleTimeout: Number.POSITIVE_INFINITY,
      ...(maxHeapMiB === undefined ? {} : { resourceLimits: { maxOldGenerationSizeMb: maxHeapMiB } }),
    });
    // A timer of user code may throw when its shard has ended already, and is nobody's affair any more; without a
    // listener that would bring the whole process down.
    this.#pool.on('error', () => {});
  }

  /** Starts a shard; `onFailure` is called if its thread ends with an error, however that came about. */
  start(task: ShardTask, onFailure: (cause: unknown) => void): void {
    const failed = (thrown: unknown): void => onFailure(thrown instanceof Error ? thrown : errorOf(thrown as Failure));
    this.#tasks.push(this.#pool.run(task).catch(failed));
  }

  /** Resolves when every shard has ended, as they do when ordered to stop. */
  async ended(): Promise<void> {
    await Promise.all(this.#tasks);
  }

  /**
   * Resolves when all threads run JavaScript or sleep: they answer from within any loop, but not while they collect
   * garbage. Old versions of Node cannot ask them.
   */
  async answered(): Promise<void> {
    const threads = this.#pool.threads as (Worker & { getHeapStatistics?(): Promise<unknown> })[];
    await Promise.all(threads.map((thread) => thread.getHeapStatistics?.()));
  }

  /** Ends all threads, wherever they are. */
  async destroy(): Promise<void> {
    await this.#pool.destroy();
  }
}
