/**
 * What a worker thread is given to become a shard: plain data and shared memory, nothing else can cross.
 */
import { join } from 'node:path';
import type { MeshMemory } from '../channel/mesh.ts';
import type { ShardIndex } from '../base/brand.ts';
import type { DeltaLocation } from '../store/changelog-frame.ts';
import type { DataDirectory } from './data-directory.ts';
import type { IdleMode } from '../ring/idle-strategy.ts';
import type { FilledOptions } from './options.ts';
import type { Suspect } from '../shard/failing/suspects.ts';

/** Messages kept as objects in a shard's mailbox before they are kept encoded. */
const MAILBOX_COUNT_MAX = 32_768;

export interface ShardTask {
  readonly shard: ShardIndex;
  readonly module: string;
  readonly mesh: MeshMemory;
  readonly idle: IdleMode;
  readonly spillDirectory: string;
  readonly messageBytesMax: number;
  readonly overflowBytesMax: number;
  readonly mailboxCountMax: number;
  readonly creditCount: number;
  readonly asyncCountMax: number;
  readonly suspects: readonly Suspect[];
  readonly development: boolean;
  readonly durable: DurableTask | undefined;
}

/** Where a shard's state lies, and how far it is committed. */
export interface DurableTask {
  /** The module that exports `openStore`. */
  readonly store: string;
  readonly directory: string;
  readonly committed: { readonly epoch: number; readonly location: DeltaLocation } | undefined;
  readonly segmentBytes: number;
  readonly spareCountMax: number;
  readonly paddingBytes: number;
  readonly foldBytes: number;
  readonly indexBytesMin: number;
  readonly scanBytesMax: number;
  readonly memoryBytes: number;
  readonly cacheBytes: number;
}

/** The task of one shard. Each spills into a folder of its own. */
export function shardTask(
  shard: number,
  mesh: MeshMemory,
  options: FilledOptions,
  spillDirectory: string,
  durable: DurableTask | undefined,
  suspects: readonly Suspect[],
): ShardTask {
  return {
    shard: shard as ShardIndex,
    module: options.module,
    mesh,
    idle: options.idle,
    spillDirectory: join(spillDirectory, `shard-${shard}`),
    messageBytesMax: options.maxMessageBytes,
    overflowBytesMax: options.overflowBytes,
    mailboxCountMax: MAILBOX_COUNT_MAX,
    creditCount: options.creditCount,
    asyncCountMax: options.asyncPerShard,
    suspects,
    development: options.development,
    durable,
  };
}

/**
 * What the rings leave of the memory, at least half of it, in equal shares; of its share a shard gives a quarter to its
 * store and the rest to entities.
 */
export function durableTask(shard: number, store: string, data: DataDirectory, options: FilledOptions): DurableTask {
  const { memory, shardCount, ringCapacityBytes, diskSizes } = options;
  const { foldBytesMin, foldBytesMax, spareCountMax, paddingBytes, indexBytesMin, scanBytesMax } = diskSizes;
  const ringBytes = shardCount * (shardCount + 1) * ringCapacityBytes;
  const shareBytes = Math.floor(Math.max(memory - ringBytes, memory / 2) / shardCount);
  const memoryBytes = Math.min(shareBytes, diskSizes.shardMemoryBytesMax);
  // No shifts: bytes of memory do not fit into 32 bits.
  const cacheBytes = Math.floor(memoryBytes / 4);
  const foldBytes = Math.min(foldBytesMax, Math.max(foldBytesMin, Math.floor(memory / shardCount / 16)));
  return {
    store,
    directory: data.shardDirectory(shard),
    committed: data.committedOf(shard),
    segmentBytes: Math.floor(foldBytes / 2),
    spareCountMax,
    paddingBytes,
    foldBytes,
    indexBytesMin,
    scanBytesMax,
    memoryBytes: memoryBytes - cacheBytes,
    cacheBytes,
  };
}
