/**
 * Where markers come in and go out: carries out what the snapshot machine says. It knows the shard's channels by their
 * threads and its mailbox as the channel to itself, whose marker is the place behind what was in it at the cut.
 */
import { assert } from '../../base/assert.ts';
import type { Epoch } from '../../base/brand.ts';
import {
  KIND_COMMITTED,
  KIND_MARKER,
  KIND_REPORT,
  KIND_SAVEPOINT,
  KIND_SAVEPOINT_PART,
} from '../../wire/envelope-layout.ts';
import type { Durability } from './durability.ts';
import type { SavepointOrder, SavepointPart } from './shard-savepoint.ts';
import type { SnapshotReport } from './shard-snapshot.ts';
import type { Unfinished } from './unfinished-work.ts';

/** What it needs of its shard. */
export interface MarkerPlace {
  readonly thread: number;
  /** The thread of the coordinator, which is the last. */
  readonly coordinator: number;
  readonly unfinished: Unfinished;
  /** Lets go of all effects of the past. */
  dispatch(): void;
  mailboxCount(): number;
  /** Puts something that is no message on the channel to a thread. */
  sendControl(kind: number, thread: number, payload: unknown): void;
}

export class ShardMarkers {
  /** Whether a snapshot is under way: what comes may belong to it. */
  isRecording = false;
  /** Messages still in the mailbox that were there at the cut. */
  mailboxOpenCount = 0;
  readonly #durability: Durability;
  readonly #place: MarkerPlace;

  constructor(durability: Durability, place: MarkerPlace) {
    this.#durability = durability;
    this.#place = place;
  }

  /** Whether what comes from this thread belongs to the snapshot. */
  records(from: number): boolean {
    return this.isRecording && this.#durability.machine.records(from);
  }

  /** Something has come that is no message. */
  onControl(kind: number, payload: unknown, from: number): void {
    if (kind === KIND_COMMITTED) {
      this.#durability.committed(payload as Epoch);
      return;
    }
    if (kind === KIND_SAVEPOINT) {
      this.#durability.savepoint(payload as SavepointOrder);
      return;
    }
    assert(kind === KIND_MARKER, 'shards receive messages, markers, commits and orders for savepoints');
    this.#onMarker(from, payload as Epoch);
  }

  /** A message has been taken out of the mailbox that was there at the cut, and was recorded. */
  onMailboxTaken(): void {
    if (--this.mailboxOpenCount === 0) this.#closeMailbox();
  }

  #onMarker(from: number, epoch: Epoch): void {
    switch (this.#durability.machine.onMarker(from, epoch)) {
      case 'cut':
        this.#cut(epoch);
        return;
      case 'close':
        return;
      case 'complete':
        this.isRecording = false;
        this.#durability.closeChannels();
    }
  }

  /** Ends the epoch: what has happened so far is in it, what happens from here on is not. */
  #cut(epoch: Epoch): void {
    const place = this.#place;
    // Effects of the past go before the marker; it overtakes nothing (I3).
    place.dispatch();
    this.isRecording = true;
    this.#durability.cut(epoch, place.unfinished);
    for (let thread = 0; thread <= place.coordinator; thread++) {
      if (thread !== place.thread) place.sendControl(KIND_MARKER, thread, epoch);
    }
    this.mailboxOpenCount = place.mailboxCount();
    if (this.mailboxOpenCount === 0) this.#closeMailbox();
  }

  #closeMailbox(): void {
    this.#onMarker(this.#place.thread, (this.#durability.machine.epoch - 1) as Epoch);
  }

  /** The shard's part is written. */
  report(report: SnapshotReport): void {
    this.#place.sendControl(KIND_REPORT, this.#place.coordinator, report);
  }

  /** The shard's part of a savepoint is written, or has failed. */
  reportSavepoint(part: SavepointPart): void {
    this.#place.sendControl(KIND_SAVEPOINT_PART, this.#place.coordinator, part);
  }
}
