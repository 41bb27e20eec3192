/**
 * Looks at what the shards' threads are at, now and then, and notices one that has been in the same invocation for too
 * long: a loop that never returns holds up its whole shard. So does one behind an `await`, between two turns of the
 * shard, which then has no next one. It reports that once, and ends the thread when it is told to.
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
  /** The shard has been in this invocation for so long, or between two turns. */
  stuck(shard: number, sighting: Sighting | undefined, forMs: number): void;
  /** It is to be ended. */
  end(shard: number, sighting: Sighting | undefined, forMs: number): void;
  /** Resolves when the shards' threads run JavaScript or sleep: not while one collects garbage or gets no processor. */
  answered(): Promise<void>;
}

/** So long a shard without work sleeps between two turns. */
const SLEEP_MS = 100;
/** No garbage collection takes so long: who has not answered by then does not come back. */
const SILENT_MS = 10_000;

interface Watch {
  readonly sighting: Sighting | undefined;
  readonly turns: number;
  forMs: number;
  /** Between turns: when it is certain that user code runs; undefined before anybody asked. */
  certainAtMs: number | undefined;
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
    for (const [shard, lookout] of lookouts.entries()) this.#lookAt(shard, lookout, passedMs);
  }

  #lookAt(shard: number, lookout: Lookout, passedMs: number): void {
    const sighting = lookout.read();
    const { turns } = lookout;
    const watch = this.#watches[shard];
    if (watch === undefined || watch.turns !== turns || !isSame(watch.sighting, sighting)) {
      const forMs = sighting === undefined ? -SLEEP_MS : 0;
      this.#watches[shard] = { sighting, turns, forMs, certainAtMs: undefined, isReported: false };
      return;
    }
    watch.forMs += passedMs;
    const { forMs } = watch;
    if (forMs < Math.min(this.#limits.reportMs, this.#limits.endMs)) return;
    if (sighting === undefined && !this.#isCertain(watch)) return;
    if (forMs >= this.#limits.reportMs && !watch.isReported) {
      watch.isReported = true;
      this.#hooks.stuck(shard, sighting, forMs);
    }
    if (forMs >= this.#limits.endMs) this.#hooks.end(shard, sighting, forMs);
  }

  /** That there is no turn may have other reasons, which are over soon after it has answered. */
  #isCertain(watch: Watch): boolean {
    if (watch.certainAtMs === undefined) {
      watch.certainAtMs = watch.forMs + SILENT_MS;
      void this.#hooks.answered().then(() => void (watch.certainAtMs = watch.forMs + SLEEP_MS));
    }
    return watch.forMs >= watch.certainAtMs;
  }
}

function isSame(one: Sighting | undefined, other: Sighting | undefined): boolean {
  return one?.functionIndex === other?.functionIndex && one?.hash === other?.hash;
}
