/**
 * How much an engine writes before it begins anew: what of a changelog waits to be folded, how long segments and the
 * manifest grow, how much of a shard's state is in memory. An engine has those of `DISK_SIZES`. Whoever wants to see rounds
 * of folding, spare segments and new manifests in a life of a second gives smaller ones to `startEngineOn`, which no entry
 * point hands on.
 */
import { JOURNAL_SEGMENT_BYTES } from '../io/egress-journal.ts';
import { PADDING_BYTES } from '../store/padded-file.ts';

export interface DiskSizes {
  /** How much of a changelog may wait to be folded, at least and at most: what a recovery has to read. */
  readonly foldBytesMin: number;
  readonly foldBytesMax: number;
  /** Segments of a shard that are kept to be overwritten. */
  readonly spareCountMax: number;
  /** A file grows by so many bytes at a time. */
  readonly paddingBytes: number;
  /** Fewer records are read as fast as an index of them. */
  readonly indexBytesMin: number;
  /** A start that finds more than this that is not folded reads indexes of it. */
  readonly scanBytesMax: number;
  /** A manifest shorter than this is not replaced by its last entry. */
  readonly manifestBytesMin: number;
  /** A segment of an egress's journal that is longer than this gets no more records. */
  readonly journalSegmentBytes: number;
  /** Of state in memory and the store's caches, for each shard, whatever the memory of the engine. */
  readonly shardMemoryBytesMax: number;
}

/** Those that are for the coordinator. */
export type CoordinatorSizes = Pick<DiskSizes, 'manifestBytesMin' | 'journalSegmentBytes'>;

export const DISK_SIZES: DiskSizes = {
  foldBytesMin: 1 << 20,
  foldBytesMax: 32 << 20,
  // As many as a round gives up: it begins at twice to eight times as much as a segment holds.
  spareCountMax: 8,
  paddingBytes: PADDING_BYTES,
  indexBytesMin: 1 << 14,
  // Reading so much takes some milliseconds.
  scanBytesMax: 4 << 20,
  manifestBytesMin: 1 << 20,
  journalSegmentBytes: JOURNAL_SEGMENT_BYTES,
  shardMemoryBytesMax: Number.MAX_SAFE_INTEGER,
};
