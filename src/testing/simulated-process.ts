/**
 * What a simulated process has of the disk and takes with it when it dies: that its handles work, the syncs that are
 * under way, and the knowledge of which files could not be synced. A process that comes after it knows none of that.
 */
import { assert, AssertionError } from '../base/assert.ts';
import { type DiskFault, faultError } from './disk-fault.ts';
import { systemError } from './system-error.ts';

/** What has to be done to a file or directory when a sync of it ends. */
export interface SyncTarget {
  readonly operation: 'sync' | 'syncDirectory';
  readonly path: string;
  /** The file or directory itself, whatever it is called. */
  readonly node: object;
  complete(): void;
  fail(): void;
}

/** A sync that was called and has not ended. */
export interface PendingSync {
  readonly operation: 'sync' | 'syncDirectory';
  readonly path: string;
}

interface QueuedSync extends PendingSync {
  readonly target: SyncTarget;
  readonly fault: DiskFault | undefined;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class SimulatedProcess {
  #isDead = false;
  #queue: QueuedSync[] = [];
  readonly #failedNodes = new Set<object>();

  get isDead(): boolean {
    return this.#isDead;
  }

  /** In the order in which they were called. */
  get pendingSyncs(): readonly PendingSync[] {
    return this.#queue;
  }

  /** Whether a sync of this file or directory has failed, so that the process must not sync it again (I9). */
  hasFailed(node: object): boolean {
    return this.#failedNodes.has(node);
  }

  /** Queues a sync; with `auto` it ends by itself in a microtask. `fault` lets it fail when it ends. */
  sync(target: SyncTarget, fault: DiskFault | undefined, auto: boolean): Promise<void> {
    const { operation, path, node } = target;
    if (this.hasFailed(node)) throw new AssertionError(`${operation} of ${path} after one has failed (I9)`);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const queued: QueuedSync = { operation, path, target, fault, resolve, reject };
    this.#queue.push(queued);
    if (auto) queueMicrotask(() => this.#endIfPending(queued));
    return promise;
  }

  endSync(index: number, fault?: DiskFault): void {
    const queued = this.#queue[index];
    assert(queued !== undefined, `there are ${this.#queue.length} pending syncs, none has the index ${index}`);
    this.#queue.splice(index, 1);
    this.#end(queued, fault ?? queued.fault);
  }

  /** Its handles are of no use from now on, and its pending syncs never end. */
  die(): void {
    this.#isDead = true;
    this.#queue = [];
  }

  #endIfPending(queued: QueuedSync): void {
    const index = this.#queue.indexOf(queued);
    if (index >= 0) this.endSync(index);
  }

  #end({ operation, path, target, resolve, reject }: QueuedSync, fault: DiskFault | undefined): void {
    // It was called before anybody could know; but what it would report now would be wrong.
    if (this.hasFailed(target.node)) return reject(systemError('EIO', operation, path));
    if (fault !== undefined) {
      this.#failedNodes.add(target.node);
      target.fail();
      return reject(faultError(fault, operation, path));
    }
    target.complete();
    resolve();
  }
}
