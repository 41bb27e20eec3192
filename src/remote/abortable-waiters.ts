/** Who waits for something until it is there, or until its own signal calls it off; first come, first served. */
import type { CallOffSignal } from '../base/call-off.ts';

interface Waiter<Thing> {
  take(thing: Thing): void;
  fail(reason: unknown): void;
}

export class AbortableWaiters<Thing> {
  readonly #waiting = new Set<Waiter<Thing>>();

  get count(): number {
    return this.#waiting.size;
  }

  /** Rejects with the reason of the signal, or with that of `failAll`. */
  async wait(signal: CallOffSignal): Promise<Thing> {
    if (signal.aborted) throw signal.reason;
    const { promise, resolve, reject } = Promise.withResolvers<Thing>();
    const waiter = { take: resolve, fail: reject };
    const aborted = {
      handleEvent: (): void => {
        // At once: nothing may be given to one that is gone.
        this.#waiting.delete(waiter);
        reject(signal.reason);
      },
    };
    this.#waiting.add(waiter);
    signal.addEventListener('abort', aborted);
    try {
      return await promise;
    } finally {
      signal.removeEventListener('abort', aborted);
    }
  }

  /** Gives it to whoever has waited longest; false if nobody does. */
  giveOne(thing: Thing): boolean {
    const [waiter] = this.#waiting;
    if (waiter === undefined) return false;
    this.#waiting.delete(waiter);
    waiter.take(thing);
    return true;
  }

  giveAll(thing: Thing): void {
    while (this.giveOne(thing));
  }

  failAll(reason: unknown): void {
    for (const waiter of this.#waiting) waiter.fail(reason);
    this.#waiting.clear();
  }
}
