/**
 * What the checkpoint runner is told when it is built, and what it has others do for it.
 */
import type { Epoch } from '../base/brand.ts';
import type { Clock } from '../base/clock.ts';
import type { IngressPosition } from '../io/ingress-pump.ts';
import type { LatencySet } from '../metrics/latency-set.ts';
import type { ShapeRegistry } from '../wire/shape-registry.ts';
import type { CheckpointIntervals } from './checkpoint-machine.ts';
import type { CoordinatorSizes } from './disk-sizes.ts';

export interface CheckpointOptions extends CheckpointIntervals {
  readonly clock: Clock;
  /** How many idempotency keys are remembered. */
  readonly keyCountMax: number;
  readonly shapes: ShapeRegistry;
  /** Where the times of their phases go. */
  readonly latencies: LatencySet | undefined;
  /** `DISK_SIZES` unless said. */
  readonly sizes?: CoordinatorSizes;
}

export interface CheckpointHooks {
  /** Puts the markers that end this epoch on the channels to all shards. */
  sendMarkers(epoch: Epoch): void;
  /** All shards have ended the epoch. */
  ended(): void;
  /** Tells all shards that this epoch is committed, and lets go of what waited for it here. */
  committed(epoch: Epoch): void;
  /** How far the replayable ingresses have been routed. */
  ingressPositions(): Record<string, IngressPosition>;
  /** Whether anybody but those in `waiters` waits for the next commit, or so much is uncommitted that it is due. */
  isAwaited(): boolean;
  /** Everything that was sent and received, modulo 2^32: when it stands still, nothing has happened. */
  activity(): number;
  /** Puts something that is no message on the channels to all shards. */
  sendControl(kind: number, payload: unknown): void;
  failed(cause: unknown): void;
}
