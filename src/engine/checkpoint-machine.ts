/**
 * When a checkpoint begins and when it is complete: the coordinator's half of the protocol, as a pure state machine. It
 * knows shards by number and time as numbers it is given; files, channels and clocks are its runner's affair.
 *
 * ```
 *   state       │ event                          │ next state, action
 *   ────────────┼────────────────────────────────┼──────────────────────────────────────────────────────────────
 *   idle        │ begin                          │ collecting; markers go out
 *   collecting  │ marker from shard s            │ what s sends from here on belongs to the next epoch
 *               │ report from shard s            │ the last one → committing; sync all, then append the manifest entry
 *   committing  │ committed                      │ idle; the epoch exists (I8), and what waited for it may leave (I5)
 *   any         │ reset                          │ idle, in the epoch after the last committed one
 * ```
 *
 * A checkpoint is due at once when somebody waits for a commit, or when a shard has written very much, but not before
 * `minIntervalMs`, nor before the shards have had twice the time that writing the last one took from them (so that
 * checkpoint work keeps to its share); otherwise after `maxIntervalMs`, if anything has happened at all. That time is
 * reckoned from what was written, not from the clock. Most of the time between a marker and the commit is messages before
 * the marker and the disk, and whoever waits longer because of those finds more messages before the next marker.
 */
import { assert } from '../base/assert.ts';
import type { Epoch } from '../base/brand.ts';
import type { SnapshotReport } from '../shard/durable/shard-snapshot.ts';

const LONG_AGO_MS = -1e15;
/** What a shard takes to encode, check and write a byte of its part; records of some 64 bytes take 0.4 µs each. */
const WORK_MS_PER_BYTE = 6e-6;
/** How much of their time the shards may spend on checkpoints. */
const WORK_SHARE = 0.5;

const SYNC_AHEAD: SyncAhead = { beforeEndMs: 10, epochMs: 40 };

type State = 'idle' | 'collecting' | 'committing';

export interface CheckpointIntervals {
  readonly minIntervalMs: number;
  readonly maxIntervalMs: number;
  readonly syncAhead?: SyncAhead;
}

/** When what is written of an epoch is synced ahead of its end: so long before, if it lasts so long. */
export interface SyncAhead {
  readonly beforeEndMs: number;
  readonly epochMs: number;
}

/** What the world wants of checkpoints at the moment. */
export interface CheckpointDemand {
  /** Somebody waits for a commit, or egress records are held. */
  readonly isAwaited: boolean;
  /** Anything has happened since the last checkpoint began. */
  readonly isChanged: boolean;
}

export class CheckpointMachine {
  /** The epoch that goes on now; its checkpoint is the next to begin. */
  epoch: Epoch;
  readonly #intervals: CheckpointIntervals;
  readonly #markers: boolean[];
  readonly #reports: (SnapshotReport | undefined)[];
  #state: State = 'idle';
  /** Long ago, so that the first one is due at once. */
  #beganAtMs = LONG_AGO_MS;
  /** Of the shard that had the most to write for the last one. */
  #workMs = 0;
  /** Whether it has been said of this epoch that it ends soon. */
  #isEnding = false;

  constructor(shardCount: number, epoch: Epoch, intervals: CheckpointIntervals) {
    this.epoch = epoch;
    this.#intervals = intervals;
    this.#markers = new Array<boolean>(shardCount).fill(false);
    this.#reports = new Array<SnapshotReport | undefined>(shardCount).fill(undefined);
  }

  get isIdle(): boolean {
    return this.#state === 'idle';
  }

  /** How long until a checkpoint is due; 0 for now, `Infinity` for not as things are. */
  dueInMs(nowMs: number, { isAwaited, isChanged }: CheckpointDemand): number {
    if (this.#state !== 'idle') return Number.POSITIVE_INFINITY;
    const { minIntervalMs, maxIntervalMs } = this.#intervals;
    const sharedMs = Math.min(this.#workMs / WORK_SHARE, maxIntervalMs);
    const soonestMs = this.#beganAtMs + Math.max(minIntervalMs, sharedMs);
    if (isAwaited) return Math.max(0, soonestMs - nowMs);
    if (!isChanged) return Number.POSITIVE_INFINITY;
    return Math.max(0, this.#beganAtMs + maxIntervalMs - nowMs, soonestMs - nowMs);
  }

  /** Whether the epoch that goes on is a long one and ends soon, as the next checkpoint is due then; true once an epoch. */
  endsSoon(nowMs: number, dueInMs: number): boolean {
    const { beforeEndMs, epochMs } = this.#intervals.syncAhead ?? SYNC_AHEAD;
    if (this.#isEnding || dueInMs > beforeEndMs || nowMs - this.#beganAtMs + dueInMs < epochMs) return false;
    this.#isEnding = true;
    return true;
  }

  /** Begins the checkpoint that ends the current epoch; returns that epoch. */
  begin(nowMs: number): Epoch {
    assert(this.#state === 'idle', 'never two checkpoints at once');
    const ended = this.epoch;
    this.#state = 'collecting';
    this.#beganAtMs = nowMs;
    this.#isEnding = false;
    this.#markers.fill(false);
    this.#reports.fill(undefined);
    this.epoch = (ended + 1) as Epoch;
    return ended;
  }

  /** Whether what this shard sends now belongs to the epoch after the one that others are still in. */
  isAhead(shard: number): boolean {
    return this.#state === 'collecting' && this.#markers[shard];
  }

  /** The epoch that some shards may still be in. */
  get oldestOpenEpoch(): Epoch {
    return this.#state === 'collecting' ? ((this.epoch - 1) as Epoch) : this.epoch;
  }

  onMarker(shard: number, epoch: Epoch): void {
    this.#check(shard, epoch);
    assert(!this.#markers[shard], 'one marker per channel and epoch (I3)');
    this.#markers[shard] = true;
  }

  /** The reports of all shards, when this was the last. */
  onReport(shard: number, report: SnapshotReport): readonly SnapshotReport[] | undefined {
    this.#check(shard, report.epoch);
    assert(this.#markers[shard], 'a shard reports after its marker (I3)');
    assert(this.#reports[shard] === undefined, 'one report per shard and epoch');
    this.#reports[shard] = report;
    const reports = this.#reports.filter((known) => known !== undefined);
    if (reports.length < this.#reports.length) return undefined;
    this.#workMs = Math.max(...reports.map(({ location }) => location.byteLength)) * WORK_MS_PER_BYTE;
    this.#state = 'committing';
    return reports;
  }

  #check(shard: number, epoch: Epoch): void {
    assert(this.#state === 'collecting', 'shards speak of a checkpoint while it is being made');
    assert(epoch === this.epoch - 1, 'and of no other epoch (I8)');
    assert(shard < this.#markers.length, 'shard out of range');
  }

  committed(): void {
    assert(this.#state === 'committing', 'only what all shards have reported is committed (I8)');
    this.#state = 'idle';
  }

  /** The shards have gone back to the last committed epoch. */
  reset(committedEpoch: number): void {
    this.#state = 'idle';
    this.epoch = (committedEpoch + 1) as Epoch;
  }
}
