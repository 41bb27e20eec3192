/**
 * Turns the coordinator on the calling thread's event loop, between the turns that belong to the embedding program. It
 * never blocks that thread: it sleeps by waiting for its doorbell asynchronously.
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { Doorbell } from '../ring/doorbell.ts';
import type { Coordinator } from './coordinator.ts';

/** How long the coordinator sleeps when nobody rings; only a net below the doorbell. */
const PARK_MS = 500;

export class CoordinatorRunner {
  readonly #coordinator: Coordinator;
  readonly #doorbell: Doorbell;
  readonly #onFailure: (cause: unknown) => void;
  #running = true;
  #flushDue = false;

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
      this.#doorbell.declareParked();
      if (this.#coordinator.hasWork) this.#doorbell.rise();
      else await this.#doorbell.parkAsync(Math.min(PARK_MS, this.#coordinator.restMs));
    }
  }

  stop(): void {
    this.#running = false;
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
    if (movedCount > 0 || this.#coordinator.hasWork) this.#doorbell.ring();
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
