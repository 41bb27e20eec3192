/**
 * When a shard cuts and what it records: the receiving half of Chandy and Lamport's algorithm ("Distributed snapshots",
 * 1985), as a pure state machine. It knows channels by number and nothing of bytes, files or time; the shard carries out
 * what it says. The shard's mailbox is a channel like any other: the one to itself (I6).
 *
 * ```
 *   state      │ marker e on channel c            │ action
 *   ───────────┼──────────────────────────────────┼──────────────────────────────────────────────────────────
 *   running    │ e = epoch                        │ cut; channel c is closed; record all others → recording
 *   recording  │ e = epoch - 1, c still open      │ c is closed
 *              │   … and it was the last open one │ the snapshot is complete → running
 *   any        │ anything else                    │ a bug: epochs only grow, one marker a channel and epoch (I3, I8)
 * ```
 *
 * `epoch` is the one in which the shard works; cutting ends it and begins the next.
 */
import { assert } from '../base/assert.ts';
import type { Epoch } from '../base/brand.ts';

/** What a marker makes the shard do. */
export type MarkerAction = 'cut' | 'close' | 'complete';

export class SnapshotMachine {
  /** The epoch in which the shard works now. */
  epoch: Epoch;
  readonly #open: boolean[];
  #openCount = 0;

  /** `epoch` is the first that the shard works in; channels are numbered from 0. */
  constructor(channelCount: number, epoch: Epoch) {
    assert(channelCount >= 2, 'a shard hears from the coordinator and from itself');
    this.#open = new Array<boolean>(channelCount).fill(false);
    this.epoch = epoch;
  }

  /** Whether a snapshot is under way: some channel's marker has not come yet. */
  get isRecording(): boolean {
    return this.#openCount > 0;
  }

  /** Whether what comes from this channel belongs to the snapshot that is under way. */
  records(channel: number): boolean {
    return this.#open[channel];
  }

  onMarker(channel: number, epoch: Epoch): MarkerAction {
    if (this.#openCount === 0) {
      assert(epoch === this.epoch, 'the first marker of an epoch ends the epoch that the shard works in (I8)');
      this.#open.fill(true);
      this.#open[channel] = false;
      this.#openCount = this.#open.length - 1;
      this.epoch = (epoch + 1) as Epoch;
      return 'cut';
    }
    assert(epoch === this.epoch - 1, 'no marker of another epoch while a snapshot is under way (I3, I8)');
    assert(this.#open[channel], 'one marker per channel and epoch (I3)');
    this.#open[channel] = false;
    this.#openCount--;
    return this.#openCount === 0 ? 'complete' : 'close';
  }
}
