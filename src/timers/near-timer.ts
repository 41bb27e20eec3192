/**
 * A timer that was set in this run and is due soon: its two rows, still one, and what its shard must know to take it back
 * without looking at them. It belongs to `Timers`; what becomes of its rows is in these.
 */
import { RowPair } from '../state/row-pair.ts';

export class NearTimer extends RowPair {
  readonly keyGroup: number;
  /** How many timers of its key group had been removed before their time when it was set. */
  readonly removedCount: number;

  constructor(keyGroup: number, removedCount: number) {
    super();
    this.keyGroup = keyGroup;
    this.removedCount = removedCount;
  }
}
