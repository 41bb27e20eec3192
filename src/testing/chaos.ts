/**
 * What goes wrong in a simulated run, and how often it still may: power losses, kills, failing shards, calls of the disk
 * that fail, a disk that runs full. Everything is drawn from the seed. When the budget is spent the world is kind, so
 * that every run comes to its end.
 */
import type { Prng } from '../base/prng.ts';
import { MillraceError } from '../sdk/errors.ts';
import type { DiskCall, DiskFault } from './disk-fault.ts';
import type { SimulatedFileSystem } from './simulated-file-system.ts';
import type { DurableSetting } from './durable-setting.ts';
import type { Statistics } from './statistics.ts';

/** One call of the disk in so many fails, while any may. */
const FAULT_INTERVAL = 150;
/** Calls that are rare, and easily forgotten. */
const RARE_FAULT_INTERVAL = 15;
const RARE_OPERATIONS: readonly string[] = ['remove', 'removeDirectory', 'rename', 'truncate', 'makeDirectory'];
const SYNC_FAULT_INTERVAL = 30;
const SPILL_FAULT_INTERVAL = 20;
const FULL_STEPS_MAX = 60;
const FULL_ROOM_BYTES = 300;

export type Death = 'crash' | 'kill';

export class ShardFailure extends Error {
  override readonly name = 'ShardFailure';
}

export class Chaos {
  readonly #prng: Prng;
  readonly #disk: SimulatedFileSystem;
  readonly #statistics: Statistics;
  readonly #pace: number;
  #crashCount: number;
  #killCount: number;
  #shardFailureCount: number;
  #faultCount: number;
  #fullCount: number;
  #fullSteps = 0;
  #isOver = false;

  constructor(prng: Prng, disk: SimulatedFileSystem, setting: DurableSetting, statistics: Statistics) {
    this.#prng = prng;
    this.#disk = disk;
    this.#statistics = statistics;
    this.#crashCount = setting.crashCount;
    this.#killCount = setting.killCount;
    this.#shardFailureCount = setting.shardFailureCount;
    this.#faultCount = setting.faultCount;
    this.#fullCount = setting.fullCount;
    this.#pace = prng.pick([60, 150, 300]);
    disk.fault = (call) => this.#fault(call);
  }

  /** Nothing goes wrong any more. */
  end(): void {
    this.#isOver = true;
    this.#disk.capacityBytes = Number.POSITIVE_INFINITY;
  }

  /** Whether the process dies now; more likely while it starts, or goes back, which is over so soon. */
  death(isUnsettled: boolean): Death | undefined {
    const left = this.#crashCount + this.#killCount;
    if (this.#isOver || left === 0 || !this.#prng.chance((isUnsettled ? 4 : 1) / this.#pace)) return undefined;
    const death = this.#prng.below(left) < this.#crashCount ? 'crash' : 'kill';
    if (death === 'crash') this.#crashCount--;
    else this.#killCount--;
    return death;
  }

  shardFails(): boolean {
    if (this.#isOver || this.#shardFailureCount === 0 || !this.#prng.chance(1 / this.#pace)) return false;
    this.#shardFailureCount--;
    this.#statistics.shardFailures++;
    return true;
  }

  /** For a while there is next to no room. */
  fillDisk(): void {
    if (this.#fullSteps > 0 && --this.#fullSteps === 0) this.#disk.capacityBytes = Number.POSITIVE_INFINITY;
    if (this.#isOver || this.#fullCount === 0 || !this.#prng.chance(1 / this.#pace)) return;
    this.#fullCount--;
    this.#statistics.fullDisks++;
    const usedBytes = this.#disk.paths().reduce((sum, path) => sum + this.#disk.readFile(path).length, 0);
    this.#disk.capacityBytes = usedBytes + this.#prng.below(FULL_ROOM_BYTES);
    this.#fullSteps = 1 + this.#prng.below(FULL_STEPS_MAX);
  }

  syncFault(): 'EIO' | undefined {
    if (!this.#spendFault(SYNC_FAULT_INTERVAL)) return undefined;
    this.#statistics.failedSyncs++;
    return 'EIO';
  }

  spillFault(): boolean {
    return this.#spendFault(SPILL_FAULT_INTERVAL);
  }

  /** `ThreadDisk` makes the faults of directories that are synced. */
  directoryFault(): boolean {
    return this.syncFault() !== undefined;
  }

  /** Some of the syncs that are pending end, in any order. */
  endSyncs(): boolean {
    const { pendingSyncCount } = this.#disk;
    for (let count = pendingSyncCount && 1 + this.#prng.below(pendingSyncCount); count > 0; count--) {
      const index = this.#prng.below(this.#disk.pendingSyncCount);
      // `ThreadDisk` makes the faults of directories.
      const isFile = this.#disk.pendingSyncs[index].operation === 'sync';
      this.#disk.completeSync(index, isFile ? this.syncFault() : undefined);
    }
    return pendingSyncCount > 0;
  }

  #fault({ operation }: DiskCall): DiskFault | undefined {
    if (operation === 'sync' || operation === 'syncDirectory') return undefined;
    if (!this.#spendFault(RARE_OPERATIONS.includes(operation) ? RARE_FAULT_INTERVAL : FAULT_INTERVAL)) return undefined;
    const isWrite = operation === 'append' || operation === 'writeAt';
    return this.#prng.pick(isWrite ? (['EIO', 'ENOSPC', 'short'] as const) : (['EIO', 'EMFILE'] as const));
  }

  #spendFault(interval: number): boolean {
    if (this.#isOver || this.#faultCount === 0 || !this.#prng.chance(1 / interval)) return false;
    this.#faultCount--;
    this.#statistics.faults++;
    return true;
  }
}

/** Whether this is what a failing disk, or a failing shard, makes of an engine that works as it should. */
export function isExpectedFailure(cause: unknown): boolean {
  if (cause instanceof ShardFailure) return true;
  if (cause instanceof MillraceError) {
    if (cause.code === 'STORAGE_FAILED') return true;
    return cause.code === 'EGRESS_FAILED' && isExpectedFailure(cause.cause);
  }
  return ['EIO', 'ENOSPC', 'EMFILE'].includes((cause as NodeJS.ErrnoException | null)?.code ?? '');
}
