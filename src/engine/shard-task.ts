/**
 * What a worker thread is given to become a shard: plain data and shared memory, nothing else can cross.
 */
import type { MeshMemory } from '../channel/mesh.ts';
import type { ShardIndex } from '../base/brand.ts';
import type { IdleMode } from '../ring/idle-strategy.ts';

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
