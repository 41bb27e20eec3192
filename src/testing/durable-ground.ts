/**
 * What a simulated process stands on, which outlives it, and whom it tells of what it meets. Whoever runs processes one
 * after the other hands both to each; a process changes neither.
 */
import type { MillraceError } from '../sdk/errors.ts';
import type { OpenStore } from '../store/state-store.ts';
import type { SimulatedClock } from './simulated-clock.ts';
import type { SimulatedFileSystem } from './simulated-file-system.ts';

export interface DurableGround {
  readonly fileSystem: SimulatedFileSystem;
  readonly directory: string;
  /** The savepoint to fill it from, if any. */
  readonly from: string | undefined;
  readonly storeName: string;
  readonly openStore: OpenStore;
  readonly clock: SimulatedClock;
  readonly minIntervalMs: number;
  readonly maxIntervalMs: number;
  readonly keyCountMax: number;
  readonly segmentBytes: number;
  readonly spareCountMax: number;
  readonly paddingBytes: number;
  readonly foldBytes: number;
  readonly manifestBytesMin: number;
  readonly journalSegmentBytes: number;
  readonly indexBytesMin: number;
  readonly scanBytesMax: number;
  readonly foldStepUs: number;
  readonly foldShare: number;
  readonly aheadCountMin: number;
  /** 1 if whatever is written is synced before its epoch ends, too. */
  readonly syncsAhead: number;
  readonly memoryBytes: number;
  readonly cacheBytes: number;
  /** How often a message may end the thread of its shard before it is kept from its function. */
  readonly fatalCount: number;
  /** Says whether this sync of a directory is to fail. */
  directoryFault(): boolean;
}

export interface ProcessHooks {
  invocationFailed(error: MillraceError): void;
  /** The shards go back to the last checkpoint. */
  recovering(cause: unknown): void;
  recovered(): void;
  /** A message has ended the thread of its shard, for the last time if it is quarantined. */
  threadDied(isQuarantined: boolean): void;
  reported(error: MillraceError): void;
}
