/**
 * What a shard counts and times of its invocations, for `engine.metrics()` and `engine.latency()`. All are counted; one
 * in 256 is timed, since looking at the clock twice takes as long as half a message. Both are one subtraction in the
 * `Sampling` of a function, which its invocations have at hand. A simulation times nothing.
 */
import type { Clock } from '../base/clock.ts';
import { LatencySet } from '../metrics/latency-set.ts';
import { Sampling } from '../metrics/sampling.ts';
import { UserCounters } from '../metrics/user-counters.ts';

/** From when a message came in from outside until its invocation begins. */
export const INGRESS_TO_INVOCATION = 'ingressToInvocation';
/** From the beginning of an invocation to its end; of an async one, until it has settled. */
export const INVOCATION = 'invocation';

/** One invocation in so many is timed. */
const TIMED_GAP = 256;

/** Functions go by the index of their bindings. */
export class Meter {
  readonly latencies: LatencySet = new LatencySet();
  readonly counters: UserCounters = new UserCounters();
  readonly #clock: Clock;
  readonly #isTiming: boolean;
  readonly #samplings: Sampling[] = [];
  readonly #failureCounts: number[] = [];

  constructor(clock: Clock, isTiming: boolean) {
    this.#clock = clock;
    this.#isTiming = isTiming;
  }

  /** What counts the messages of a function, and picks those that are timed. */
  sampling(index: number): Sampling {
    const samplings = this.#samplings;
    while (samplings.length <= index) samplings.push(new Sampling(this.#isTiming, TIMED_GAP, samplings.length));
    return samplings[index];
  }

  /** An invocation begins that is timed. Returns when. */
  began(): number {
    return this.#clock.elapsedMs();
  }

  /** One that is timed has ended. */
  ended(beganMs: number): void {
    this.latencies.record(INVOCATION, this.#clock.elapsedMs() - beganMs);
  }

  /** The invocation begins of a message that is followed, and came in from outside then. */
  cameIn(sinceMs: number): void {
    this.latencies.record(INGRESS_TO_INVOCATION, this.#clock.stampMs() - sinceMs);
  }

  /** An invocation has failed, whether or not its message is tried again. */
  failed(index: number): void {
    this.#failureCounts[index] = this.failureCount(index) + 1;
  }

  messageCount(index: number): number {
    return this.#samplings[index]?.count ?? 0;
  }

  failureCount(index: number): number {
    return this.#failureCounts[index] ?? 0;
  }
}
