/**
 * How a thread sleeps whose event loop must go on: until its doorbell is rung, the time is up, or the thread itself has
 * something to do. To wake oneself by the doorbell costs a system call and a task for the event loop; here it is a
 * callback of the same round of the loop, which comes after all timers that are due together. So what ends together is
 * carried out together, in one turn. It never lets two sleeps overlap: one thread, one sleeper.
 *
 * The wait for the doorbell is left standing when somebody else wakes the sleeper, and serves the next sleep as well.
 * Nothing is lost by that: whoever rings either finds the bell parked, and then that wait ends and wakes whoever sleeps
 * by then, or finds its owner awake.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { systemTimers } from '../base/timers.ts';
import type { Doorbell } from './doorbell.ts';

/** Node's timers know no shorter time. Whoever has less goes round the event loop once. */
const SLEEP_MS_MIN = 1;

export class AsyncRest {
  readonly #bell: Doorbell;
  #isListening = false;
  #isWaking = false;
  /** There while somebody sleeps. */
  #wake: (() => void) | undefined;
  readonly #onRung = (): void => {
    this.#isListening = false;
    this.#wake?.();
  };
  readonly #onOwn = (): void => {
    this.#isWaking = false;
    this.#wake?.();
  };

  constructor(bell: Doorbell) {
    this.#bell = bell;
  }

  /** Call after `declareParked` and a last look at all inputs; whoever comes back is awake. */
  async sleep(timeoutMs: number): Promise<void> {
    if (timeoutMs < SLEEP_MS_MIN) await turn();
    else await this.#sleepOn(timeoutMs);
    this.#bell.rise();
  }

  async #sleepOn(timeoutMs: number): Promise<void> {
    if (!this.#isListening) {
      this.#isListening = true;
      void this.#bell.parkAsync(Number.POSITIVE_INFINITY).then(this.#onRung);
    }
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      timer = systemTimers.set(resolve, timeoutMs);
    });
    this.#wake = undefined;
    if (timer !== undefined) systemTimers.clear(timer);
  }

  /** Wakes the sleeper, if there is one, in this round of the event loop. */
  wake(): void {
    if (this.#wake === undefined || this.#isWaking) return;
    this.#isWaking = true;
    setImmediate(this.#onOwn);
  }
}
