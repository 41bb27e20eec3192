/**
 * When an orderly stop has waited long enough: work that is durable, and waits for an endpoint that nobody can reach, may
 * wait for ever. It is in the last checkpoint, and the next start calls the endpoint again; so the stop goes on without
 * it. It must never give up what would get on by itself.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../base/clock.ts';
import type { EndpointReport } from './endpoints.ts';

/** Nothing is given up before there was nothing to see for so long. */
const LOOK_MS = 1_000;
/** After this it may be given up also while something else goes on: that could be anything that never ends. */
const PATIENCE_MS = 30_000;

/** States of HTTP endpoints and of processes that nobody can be asked in. */
const OUT_OF_REACH: ReadonlySet<string> = new Set(['open', 'probing', 'pausing']);

export interface StoppingEngine {
  readonly clock: Clock;
  /** Changes when anybody sends or finishes anything. */
  activity(): number;
  endpoints(): Promise<readonly EndpointReport[]>;
}

/** Resolves when nothing goes on any more and calls wait for who is out of reach; never, otherwise. */
export async function untilHeldUp({ clock, activity, endpoints }: StoppingEngine, signal: AbortSignal): Promise<void> {
  const beganAt = clock.elapsedMs();
  while (!signal.aborted) {
    const before = activity();
    await sleep(LOOK_MS, undefined, { signal });
    const isQuiet = activity() === before;
    if (!isQuiet && clock.elapsedMs() - beganAt < PATIENCE_MS) continue;
    if ((await endpoints()).some(isHeldUp)) return;
  }
}

function isHeldUp({ state, waitingCount, underWayCount = 0 }: EndpointReport): boolean {
  return OUT_OF_REACH.has(state) && waitingCount + underWayCount > 0;
}
