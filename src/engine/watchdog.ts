/**
 * Looks at what the shards' threads are at, now and then, and notices one that has been in the same invocation for too
 * long: a loop that never returns holds up its whole shard. It reports that once, and ends the thread when it is told to.
 * The simulation needs none; time and threads come from outside.
 */
import type { Lookout, Sighting } from '../metrics/lookout.ts';

export interface WatchdogLimits {
  /** How often it looks. Of what is between two looks no more than twice that counts. */
  readonly intervalMs: number;
  readonly reportMs: number;
  readonly endMs: number;
}

export interface WatchdogHooks {
  /** The shard has been in this invocation for so long. */
  stuck(shard: number, sighting: Sighting, forMs: number): void;
  /** It is to be ended. */
  end(shard: number, sighting: Sighting, forMs: number): void;
}

interface Watch {
  readonly sighting: Sighting;
  forMs: number;
  isReported: boolean;
}

export class Watchdog {
  readonly #limits: WatchdogLimits;
  readonly #hooks: WatchdogHooks;
  #watches: (Watch | undefined)[] = [];
  #lookedAtMs = Number.NEGATIVE_INFINITY;

  constructor(limits: WatchdogLimits, hooks: WatchdogHooks) {
    this.#limits = limits;
    this.#hooks = hooks;
  }

  /** There are other threads now. */
  reset(): void {
    this.#watches = [];
  }

  look(lookouts: readonly Lookout[], nowMs: number): void {
    if (lookouts.length === 0) this.reset();
    // Whoever looks much too late has stood still, and the shards with it, as in a process that was stopped or on a machine
    // that slept: who comes back from that is not stuck.
    const passedMs = Math.min(nowMs - this.#lookedAtMs, 2 * this.#limits.intervalMs);
    this.#lookedAtMs = nowMs;
    for (const [shard, lookout] of lookouts.entries()) this.#lookAt(shard, lookout.read(), passedMs);
  }

  #lookAt(shard: number, sighting: Sighting | undefined, passedMs: number): void {
    const watch = this.#watches[shard];
    if (sighting === undefined || watch === undefined || !isSame(watch.sighting, sighting)) {
      this.#watches[shard] = sighting && { sighting, forMs: 0, isReported: false };
      return;
    }
    watch.forMs += passedMs;
    const { forMs } = watch;
    if (forMs >= this.#limits.reportMs && !watch.isReported) {
      watch.isReported = true;
      this.#hooks.stuck(shard, sighting, forMs);
    }
    if (forMs >= this.#limits.endMs) this.#hooks.end(shard, sighting, forMs);
  }
}

function isSame(one: Sighting, other: Sighting): boolean {
  return one.turns === other.turns && one.functionIndex === other.functionIndex && one.hash === other.hash;
}
