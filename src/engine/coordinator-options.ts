/**
 * What a coordinator is told when it is built, and what it tells.
 */
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { SpillStorage } from '../base/spill.ts';
import type { IngressPosition } from '../io/ingress-pump.ts';
import type { MillraceError } from '../sdk/errors.ts';
import type { CheckpointIntervals } from './checkpoint-machine.ts';
import type { DataDirectory } from './data-directory.ts';
import type { CoordinatorSizes } from './disk-sizes.ts';
import type { OutsideLatencies } from './outside-latencies.ts';
import type { CausalIds } from './outside-meta.ts';

export interface CoordinatorOptions {
  readonly storage: SpillStorage;
  readonly messageBytesMax: number;
  readonly overflowBytesMax: number;
  /** Egress records that may wait for their consumers before input is held back. */
  readonly egressCountMax: number;
  /** Envelopes per channel and turn; a simulation takes few, to see more interleavings. */
  readonly batchCount?: number;
  /** Which messages from outside get a causal id; default `'traced'`. */
  readonly causalIds?: CausalIds;
  /** Times what it does; nothing is timed without it. */
  readonly latencies?: OutsideLatencies;
  /** What causal ids are made of; the machine's chance unless a simulation has one of its own. */
  readonly random?: Random;
  /** Refuses messages that would lose something on the way. */
  readonly development: boolean;
  /** Where checkpoints go; none for an engine in memory only. */
  readonly durable?: CoordinatorDurableOptions;
}

export interface CoordinatorDurableOptions extends CheckpointIntervals {
  readonly data: DataDirectory;
  readonly clock: Clock;
  readonly keyCountMax: number;
  readonly sizes?: CoordinatorSizes;
}

export interface CoordinatorHooks {
  /** An invocation failed for which nobody waits. */
  invocationFailed(error: MillraceError): void;
  /** An egress holds input back; asked so that somebody can be told when it has no consumer. */
  egressCrowded(type: string): void;
  /** How far the replayable ingresses have been routed. */
  ingressPositions?(): Record<string, IngressPosition>;
  /** A checkpoint could not be written: the shards must go back to the last one. */
  checkpointFailed?(cause: unknown): void;
}
