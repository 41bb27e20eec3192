/**
 * How long the parts of checkpoints take: until all shards have written their deltas, until those are synced, until the
 * manifest entry is. For `engine.latency()`; decides nothing.
 */
import type { Clock } from '../base/clock.ts';
import type { LatencySet } from '../metrics/latency-set.ts';

/** In this order. Each is timed from the end of the one before. */
export const CHECKPOINT_PHASES = ['snapshot', 'sync', 'manifest'] as const;
export type CheckpointPhase = (typeof CHECKPOINT_PHASES)[number];

/** Under this name the latency of a phase is kept; `total` is that of all three. */
export function phaseName(phase: CheckpointPhase | 'total'): string {
  return `checkpoint.${phase}`;
}

export class CheckpointPhases {
  /** Checkpoints committed in this run. */
  count = 0;
  readonly #clock: Clock;
  readonly #latencies: LatencySet | undefined;
  #beganMs = 0;
  #endedMs = 0;

  constructor(clock: Clock, latencies: LatencySet | undefined) {
    this.#clock = clock;
    this.#latencies = latencies;
  }

  begin(): void {
    this.#beganMs = this.#clock.elapsedMs();
    this.#endedMs = this.#beganMs;
  }

  ended(phase: CheckpointPhase): void {
    const now = this.#clock.elapsedMs();
    this.#latencies?.record(phaseName(phase), now - this.#endedMs);
    this.#endedMs = now;
    if (phase !== 'manifest') return;
    this.count++;
    this.#latencies?.record(phaseName('total'), now - this.#beganMs);
  }
}
