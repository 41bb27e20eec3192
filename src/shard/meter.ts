/**
 * What a shard counts and times of its invocations, for `engine.metrics()` and `engine.latency()`. All are counted; one
 * in 256 is timed, since looking at the clock twice takes as long as half a message. A simulation times nothing.
 */
import type { Clock } from '../base/clock.ts';
import { LatencySet } from '../metrics/latency-set.ts';
import { Sampling } from '../metrics/sampling.ts';
import { UserCounters } from '../metrics/user-counters.ts';
import { FUNCTION_COUNT_MAX } from '../wire/envelope-layout.ts';
import type { MessageMeta } from '../wire/message-meta.ts';

/** From when a message came in from outside until its invocation begins. */
export const INGRESS_TO_INVOCATION = 'ingressToInvocation';
/** From the beginning of an invocation to its end; of an async one, until it has settled. */
export const INVOCATION = 'invocation';

/** One invocation in so many is timed. */
const TIMED_GAP = 256;

export class Meter {
  readonly latencies: LatencySet = new LatencySet();
  /** Of functions, by the index of their bindings. */
  readonly counters: UserCounters = new UserCounters();
  readonly #clock: Clock;
  readonly #sampling: Sampling;
  /** By the index of a function's binding. */
  #messageCounts = new Float64Array(16);
  #failureCounts = new Float64Array(16);

  constructor(clock: Clock, isTiming: boolean) {
    this.#clock = clock;
    this.#sampling = new Sampling(isTiming, TIMED_GAP);
  }

  /** An invocation begins. Returns when, if it is to be timed; else 0. */
  began(index: number, sourceType: number, meta: MessageMeta | undefined): number {
    if (index >= this.#messageCounts.length) this.#grow(index);
    this.#messageCounts[index]++;
    // Its first invocation only: all that comes of it carries the same stamp.
    if (meta?.since !== undefined && sourceType >= FUNCTION_COUNT_MAX) {
      this.latencies.record(INGRESS_TO_INVOCATION, this.#clock.stampMs() - meta.since);
    }
    return this.#sampling.picks() ? this.#clock.elapsedMs() : 0;
  }

  /** One that is timed has ended. */
  ended(beganMs: number): void {
    this.latencies.record(INVOCATION, this.#clock.elapsedMs() - beganMs);
  }

  /** An invocation has taken further messages. */
  tookMore(index: number, count: number): void {
    this.#messageCounts[index] += count;
  }

  /** An invocation has failed, whether or not its message is tried again. */
  failed(index: number): void {
    this.#failureCounts[index]++;
  }

  messageCount(index: number): number {
    return this.#messageCounts[index] ?? 0;
  }

  failureCount(index: number): number {
    return this.#failureCounts[index] ?? 0;
  }

  #grow(index: number): void {
    const messages = this.#messageCounts;
    const failures = this.#failureCounts;
    this.#messageCounts = new Float64Array(index * 2);
    this.#failureCounts = new Float64Array(index * 2);
    this.#messageCounts.set(messages);
    this.#failureCounts.set(failures);
  }
}
