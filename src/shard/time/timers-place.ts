/**
 * What the delayed messages of a shard stand on, as `Timers` needs it. It says nothing of how they work.
 */
import type { Clock } from '../../base/clock.ts';
import type { Effects } from '../invocation/effects.ts';
import type { Directory } from '../function-binding.ts';
import type { Rows } from '../rows/rows.ts';

export interface TimersPlace {
  readonly rows: Rows;
  readonly clock: Clock;
  readonly directory: Directory;
  readonly effects: Effects;
  readonly keyGroups: { readonly first: number; readonly end: number };
  /** Where rows may lie in a store, with the epoch that those of `rows.dirty` are counted from; else all are in memory. */
  readonly stored: { readonly baseEpoch: number } | undefined;
  /** How many messages may be sent now. */
  room(): number;
  /** A turn is due. */
  progressed(): void;
}
