/**
 * Turns the coordinator on the calling thread's event loop, between the turns that belong to the embedding program. It
 * never blocks that thread: it sleeps by waiting for its doorbell asynchronously.
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { Doorbell } from '../ring/doorbell.ts';
import type { Coordinator } from './coordinator.ts';

/** How long the coordinator sleeps when nobody rings; only a net below the doorbell. */
const PARK_MS = 500;
/**
 * When so many egress records have come since the last sleep, or senders have waited for credit, more will come: being
 * woken for each handful would cost the shards more than the handful does. A record alone is never late.
 */
const RECORD_COUNT_MIN = 4;
const NAP_MS = 1;

export class CoordinatorRunner {
  readonly #coordinator: Coordinator;
  readonly #doorbell: Doorbell;
  readonly #onFailure: (cause: unknown) => void;
  #running = true;
  #flushDue = false;
  /** What had been counted before the last sleep. */
  #recordCount = 0;
  #openedCount = 0;

  /** `onFailure` gets what the coordinator itself throws, such as a full disk. */
  constructor(coordinator: Coordinator, doorbell: Doorbell, onFailure: (cause: unknown) => void) {
    this.#coordinator = coordinator;
    this.#doorbell = doorbell;
    this.#onFailure = onFailure;
  }

  /** The duty cycle, until `stop`. */
  async run(): Promise<void> {
    while (this.#running) {
      if (this.#guarded(() => this.#coordinator.doWork()) > 0) {
        await turn();
        continue;
      }
      if (!this.#running) break;
      const isNap = this.#isNapInPlace();
      if (isNap) this.#doorbell.declareNapping();
      else this.#doorbell.declareParked();
      if (this.#coordinator.hasWork) this.#doorbell.rise();
      else await this.#doorbell.parkAsync(Math.min(isNap ? NAP_MS : PARK_MS, this.#coordinator.restMs));
    }
    this.#doorbell.close();
  }

  #isNapInPlace(): boolean {
    const { recordCount, input } = this.#coordinator;
    const newCount = (recordCount - this.#recordCount) | 0;
    const hasOpened = input.openedCount !== this.#openedCount;
    this.#recordCount = recordCount;
    this.#openedCount = input.openedCount;
    return hasOpened || newCount >= RECORD_COUNT_MIN;
  }

  stop(): void {
    this.#running = false;
    this.#doorbell.wake();
  }

  /** Sends of one turn of the event loop go out together. */
  flushSoon(): void {
    if (this.#flushDue) return;
    this.#flushDue = true;
    setImmediate(() => this.flush());
  }

  flush(): void {
    this.#flushDue = false;
    const movedCount = this.#guarded(() => this.#coordinator.flush());
    // Room that a receiver made after the failed claim, but before it was told that we wait for room, rings for nobody:
    // so look once more, now that it has been told.
    if (movedCount > 0 || this.#coordinator.hasWork) this.#doorbell.wake();
  }

  #guarded(work: () => number): number {
    try {
      return work();
    } catch (cause) {
      this.#running = false;
      this.#onFailure(cause);
      return 0;
    }
  }
}
