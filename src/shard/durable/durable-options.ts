/** What the durable side of a shard is given: where its files lie, what was committed last, and its limits. */
import type { FileSystem } from '../../base/file-system.ts';
import type { DeltaLocation } from '../../store/changelog-frame.ts';
import type { ChangelogOptions } from '../../store/changelog-writer.ts';
import type { StateStore } from '../../store/state-store.ts';
import type { FoldPace } from './fold-pace.ts';

/** What a durable shard stands on. */
export interface DurableOptions extends Pick<ChangelogOptions, 'spareCountMax' | 'paddingBytes'> {
  readonly fileSystem: FileSystem;
  /** The shard's own directory, with its changelog. */
  readonly directory: string;
  readonly store: StateStore;
  /** The last epoch that the store holds; 0 for a new one. */
  readonly appliedEpoch: number;
  /** The last epoch of which the store may hold anything, where a round of folding was broken off; absent: not known. */
  readonly begunEpoch?: number;
  /** The last committed epoch, with the place of this shard's delta; none for a new directory. */
  readonly committed: { readonly epoch: number; readonly location: DeltaLocation } | undefined;
  readonly segmentBytes: number;
  readonly foldBytes: number;
  /** A frame of so many bytes of records gets an index … */
  readonly indexBytesMin: number;
  /** … which a start uses when it finds more than this that is not folded; less is read, and checked, at once. */
  readonly scanBytesMax: number;
  /** See `FoldPlace`. */
  readonly foldStepUs?: number;
  readonly pace?: FoldPace;
  /** See `UnfinishedWork`. */
  readonly waitingSliceBytes?: number;
  /** See `AheadPace`. */
  readonly aheadCountMin?: number;
  /** Entities kept in memory, in bytes. */
  readonly memoryBytes: number;
}
