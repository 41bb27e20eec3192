/**
 * What a worker thread is given to become a shard: plain data and shared memory, nothing else can cross.
 */
import { join } from 'node:path';
import type { MeshMemory } from '../channel/mesh.ts';
import type { ShardIndex } from '../base/brand.ts';
import type { IdleMode } from '../ring/idle-strategy.ts';
import type { FilledOptions } from './options.ts';

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
  readonly development: boolean;
}

/** The task of one shard. Each spills into a folder of its own. */
export function shardTask(shard: number, mesh: MeshMemory, options: FilledOptions, spillDirectory: string): ShardTask {
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
    development: options.development,
  };
}
