/** What folding stands on, and whom it tells. It says nothing of how rounds work. */
import type { FileSystem } from '../../base/file-system.ts';
import type { ChangelogWriter } from '../../store/changelog-writer.ts';
import type { StateStore } from '../../store/state-store.ts';
import type { PairedRows } from '../rows/paired-rows.ts';
import type { DirtyEntities, Item } from './dirty-entities.ts';
import type { FoldPace } from './fold-pace.ts';

export interface FoldHooks {
  /** This need no longer stay in memory. */
  released(item: Item): void;
  /** A batch has been written: a turn is due. */
  progressed(): void;
}

export interface FoldPlace {
  /** Given where other threads want the processor, too: a round then leaves it to them most of the time. */
  readonly pace?: FoldPace | undefined;
  readonly fileSystem: FileSystem;
  readonly directory: string;
  readonly store: StateStore;
  readonly changelog: ChangelogWriter;
  readonly dirty: DirtyEntities;
  readonly pairs: PairedRows;
  /** The epoch before the first of this run: what the run's own counting is based on. */
  readonly baseEpoch: number;
  /** A round begins when so many bytes of the changelog are committed and not folded, or up to four times as many. */
  readonly foldBytes: number;
  /** How long a step takes, about, where that is not left to the round: a simulation takes short ones, to see more states. */
  readonly foldStepUs?: number;
}

const BATCH_COUNT = 4096;
/** Where rounds are small, as in a simulation, so are batches: a round may then be broken off between any two. */
const ROUND_BYTES_PER_PUT = 64;

/** How much a round writes in one batch. */
export function batchCountMax(foldBytes: number): number {
  return Math.min(BATCH_COUNT, Math.ceil(foldBytes / ROUND_BYTES_PER_PUT));
}
