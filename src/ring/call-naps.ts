/**
 * How long a thread with many calls under way lets their responses gather before it looks at them. Woken for each, it
 * would take the processor from the very process that answers, and go through a whole turn for one response. It only
 * decides; the clock is read and the nap is taken by its runner, and whoever rings the thread ends the nap.
 *
 * A nap is a fraction of the time that a call takes, so calls hardly take longer by it, and there is one for some
 * responses that have come since the last one at most: where they come seldom, each is looked at when it comes.
 */

/** With fewer calls under way hardly two responses would come in a nap. */
const CALL_COUNT_MIN = 16;
/** Responses from which is judged how often they come. */
const ENDED_COUNT_MIN = 4;
/** So many naps would be as long as a call. */
const NAPS_A_CALL = 8;
const NAP_MS_MIN = 0.1;
const NAP_MS_MAX = 8;

export class CallNaps {
  #judgedAt: number;
  #judgedCount = 0;
  #endsAt = 0;

  /** Times are milliseconds of a monotonic clock. */
  constructor(now: number) {
    this.#judgedAt = now;
  }

  /**
   * How long the thread may sleep from now on without regard to responses; 0 if not at all. `callCount` calls are under
   * way, and `endedCount` have ended, modulo 2^32. What is left of a nap that was ended early is still to be had.
   */
  napMs(now: number, callCount: number, endedCount: number): number {
    const newCount = (endedCount - this.#judgedCount) | 0;
    if (newCount >= ENDED_COUNT_MIN) {
      // As many are under way as end in the time that one of them takes.
      const callMs = ((now - this.#judgedAt) / newCount) * callCount;
      this.#endsAt = now + Math.min(NAP_MS_MAX, callMs / NAPS_A_CALL);
      this.#judgedAt = now;
      this.#judgedCount = endedCount;
    }
    const napMs = this.#endsAt - now;
    return callCount < CALL_COUNT_MIN || napMs < NAP_MS_MIN ? 0 : napMs;
  }
}
