/**
 * What the coordinator times: some of the messages from outside on their way through the engine, questions, commits. A
 * message that is followed carries when it came in, and so does all that comes of it; an egress record that comes of it
 * has arrived once its epoch is committed, since it may leave only then.
 */
import type { Clock } from '../base/clock.ts';
import { LatencySet } from '../metrics/latency-set.ts';
import { Sampling } from '../metrics/sampling.ts';

/** From when a message came in from outside until an egress record that comes of it may leave. */
export const END_TO_END = 'endToEnd';
/** Of `engine.ask`, until its promise resolves. */
export const ASK = 'ask';
/** Of `engine.send`, until it is committed. */
export const COMMIT = 'commit';

export class OutsideLatencies {
  readonly set: LatencySet = new LatencySet();
  readonly #clock: Clock;
  readonly #isDurable: boolean;
  readonly #messages = new Sampling(true);
  readonly #commits = new Sampling(true);
  /** Of records of the epoch that goes on, of the one after it, and of the one that is being committed. */
  #held: number[] = [];
  #ahead: number[] = [];
  #ended: number[] = [];

  constructor(clock: Clock, isDurable: boolean) {
    this.#clock = clock;
    this.#isDurable = isDurable;
  }

  /** A message comes in: when, if it is to be followed. */
  since(): number | undefined {
    return this.#messages.picks() ? this.#clock.stampMs() : undefined;
  }

  /** An egress record has come of a message that is followed. `isAhead` as in `CheckpointMachine`. */
  arrived(sinceMs: number | undefined, isAhead: boolean): void {
    if (sinceMs === undefined) return;
    if (!this.#isDurable) this.set.record(END_TO_END, this.#clock.stampMs() - sinceMs);
    else if (isAhead) this.#ahead.push(sinceMs);
    else this.#held.push(sinceMs);
  }

  endEpoch(): void {
    this.#ended = this.#held;
    this.#held = this.#ahead;
    this.#ahead = [];
  }

  committed(): void {
    const now = this.#clock.stampMs();
    for (const sinceMs of this.#ended) this.set.record(END_TO_END, now - sinceMs);
    this.#ended = [];
  }

  /** What was not committed will come again. */
  rollBack(): void {
    this.#held = [];
    this.#ahead = [];
    this.#ended = [];
  }

  now(): number {
    return this.#clock.stampMs();
  }

  asked(beganMs: number): void {
    this.set.record(ASK, this.#clock.stampMs() - beganMs);
  }

  /** Times some of those who wait for a commit. */
  waits(committed: Promise<void>): void {
    if (!this.#commits.picks()) return;
    const beganMs = this.#clock.stampMs();
    committed.then(
      () => this.set.record(COMMIT, this.#clock.stampMs() - beganMs),
      () => {},
    );
  }
}
