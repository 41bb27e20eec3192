/**
 * How one simulated run with a disk is set up: what runs, on what, how small everything is, and what goes wrong. All of
 * it is drawn from the seed, and anything can be pinned.
 */
import { Prng } from '../base/prng.ts';
import { drawEngineSizes, type EngineSizes } from './engine-sizes.ts';

export interface DurableSetting extends EngineSizes {
  /** Which of the workloads that there are. */
  readonly workload: number;
  readonly minIntervalMs: number;
  readonly maxIntervalMs: number;
  readonly segmentBytes: number;
  /** How many segments are kept to be overwritten, and by how much files grow at a time. */
  readonly spareCountMax: number;
  readonly paddingBytes: number;
  readonly foldBytes: number;
  /** From how many bytes on frames of records have indexes, and from where on a start uses them. */
  readonly indexBytesMin: number;
  readonly scanBytesMax: number;
  /** How long a step of folding takes, about: the shortest do one thing each. */
  readonly foldStepUs: number;
  /** How much of the time a round of folding takes that nobody hurries. */
  readonly foldShare: number;
  readonly memoryBytes: number;
  readonly cacheBytes: number;
  /** How much the clients do, and how much of it they do before it is acknowledged. */
  readonly size: number;
  readonly window: number;
  /** How often the power fails, the process is killed, a shard fails, a call of the disk fails. */
  readonly crashCount: number;
  readonly killCount: number;
  readonly shardFailureCount: number;
  readonly faultCount: number;
  /** How often the disk runs full. */
  readonly fullCount: number;
  /** How often a savepoint is asked for, and how often a process starts with another number of shards. */
  readonly savepointCount: number;
  readonly reshardCount: number;
  /** How many entities are encoded ahead of a cut at least. */
  readonly aheadCountMin: number;
  /** 1 if whatever is written is synced before its epoch ends, too. */
  readonly syncsAhead: number;
  /** How long a manifest grows, and a segment of an egress's journal. */
  readonly manifestBytesMin: number;
  readonly journalSegmentBytes: number;
  /** How often a message may end the thread of its shard before it is kept from its function. */
  readonly fatalCount: number;
  /** One commit in so many is looked at. */
  readonly cutInterval: number;
  /** 1 if it runs as in production, else 0. */
  readonly production: number;
}

export type DurablePins = Readonly<Partial<Record<keyof DurableSetting, number>>>;

export function durableSettingOf(seed: number, workloadCount: number, pins: DurablePins = {}): DurableSetting {
  const prng = new Prng(seed);
  const drawn: DurableSetting = {
    workload: prng.below(workloadCount),
    ...drawEngineSizes(prng),
    minIntervalMs: prng.pick([0, 0, 1, 20]),
    maxIntervalMs: prng.pick([20, 100, 1000]),
    segmentBytes: prng.pick([1, 400, 4000]),
    foldBytes: prng.pick([1, 500, 4000, 1 << 20]),
    memoryBytes: prng.pick([0, 1500, 1 << 20]),
    cacheBytes: prng.pick([0, 1 << 20]),
    spareCountMax: prng.pick([0, 1, 8]),
    paddingBytes: prng.pick([0, 64, 1000]),
    size: 5 + prng.below(25),
    window: prng.pick([1, 2, 5, 1000]),
    crashCount: prng.pick([0, 0, 1, 2, 3]),
    killCount: prng.pick([0, 0, 1, 2]),
    shardFailureCount: prng.pick([0, 0, 1, 3]),
    faultCount: prng.pick([0, 0, 1, 3]),
    fullCount: prng.pick([0, 0, 0, 1]),
    cutInterval: prng.pick([2, 5, 20]),
    foldStepUs: prng.pick([0, 5, 100]),
    savepointCount: prng.pick([0, 1, 1, 3]),
    reshardCount: prng.pick([0, 0, 1, 2]),
    indexBytesMin: prng.pick([0, 0, 100]),
    scanBytesMax: prng.pick([0, 0, 1 << 20]),
    production: prng.pick([0, 0, 1]),
    foldShare: prng.pick([1, 0.2, 0.02]),
    fatalCount: prng.pick([2, 3]),
    aheadCountMin: prng.pick([1, 4, 256]),
    syncsAhead: prng.pick([0, 1]),
    manifestBytesMin: prng.pick([0, 4_000, 1 << 20]),
    journalSegmentBytes: prng.pick([1, 400, 1 << 20]),
  };
  return { ...drawn, ...pins };
}
