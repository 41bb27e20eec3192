/**
 * What a shard's part of a checkpoint has become when it is written: what the coordinator is told, and what the fold gets.
 */
import type { Epoch } from '../../base/brand.ts';
import type { DeltaLocation } from '../../store/changelog-frame.ts';
import type { ChunkList } from './chunk-list.ts';
import type { Item } from './dirty-entities.ts';

/** What the coordinator is told when a shard's part is written. */
export interface SnapshotReport {
  readonly epoch: Epoch;
  readonly location: DeltaLocation;
  /** Whether the file is new, so that its directory must be synced, too. */
  readonly isNewSegment: boolean;
}

/** A delta that was written, with what its records are of, in their order. The two records of a pair of rows lie together. */
export interface WrittenDelta {
  /** Counted like in `DirtyEntities`. */
  readonly epoch: number;
  readonly location: DeltaLocation;
  readonly items: ChunkList<Item>;
  /** The number of the first record. */
  readonly firstRecord: number;
  /** For each record the number of the one that it replaces, if that is of the same entity, or else `NO_RECORD`. */
  readonly replaced: ChunkList<number>;
  /** Where the items are that are no entities. */
  readonly others: ChunkList<number>;
}
