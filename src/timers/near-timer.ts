/**
 * A timer that was set in this run and is due soon: its two rows, and what their keys are made of, which most such timers
 * never need. It belongs to `Timers`; what becomes of its rows is in these.
 */
import type { KeyMaker, Row } from '../state/row.ts';
import { ownerKeyOf, stampOf, type TimerRow, timerKey } from './timer-layout.ts';

export class NearTimer implements KeyMaker {
  readonly keyGroup: number;
  readonly dueMs: number;
  readonly epoch: number;
  readonly counter: number;
  readonly content: TimerRow;
  /** How many timers of its key group had been removed before their time when it was set. */
  readonly removedCount: number;
  timer: Row | undefined;
  owner: Row | undefined;

  constructor(
    keyGroup: number,
    dueMs: number,
    epoch: number,
    counter: number,
    content: TimerRow,
    removedCount: number,
  ) {
    this.keyGroup = keyGroup;
    this.dueMs = dueMs;
    this.epoch = epoch;
    this.counter = counter;
    this.content = content;
    this.removedCount = removedCount;
    this.timer = undefined;
    this.owner = undefined;
  }

  get stamp(): string {
    return stampOf(this.dueMs, this.epoch, this.counter);
  }

  get key(): string {
    return timerKey(this.keyGroup, this.stamp);
  }

  keyOf(row: Row): string {
    return row === this.timer ? this.key : ownerKeyOf(this.keyGroup, this.content, this.stamp);
  }
}
