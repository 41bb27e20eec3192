/** A clock and timers that a test turns by hand, so that minutes take no time. */
import type { Clock } from '../../../src/base/clock.ts';
import type { Timers } from '../../../src/base/timers.ts';

interface Entry {
  readonly at: number;
  readonly callback: () => void;
}

export class ManualTime implements Clock, Timers<Entry> {
  readonly #entries = new Set<Entry>();
  #now = 0;

  now(): number {
    return 1_000_000_000_000 + this.#now;
  }

  elapsedMs(): number {
    return this.#now;
  }

  stampMs(): number {
    return this.now();
  }

  set(callback: () => void, ms: number): Entry {
    const entry = { at: this.#now + Math.max(0, ms), callback };
    this.#entries.add(entry);
    return entry;
  }

  clear(entry: Entry): void {
    this.#entries.delete(entry);
  }

  /** When the next timer is due, from now; undefined without one. */
  get nextMs(): number | undefined {
    const [next] = [...this.#entries].toSorted((one, other) => one.at - other.at);
    return next === undefined ? undefined : next.at - this.#now;
  }

  get timerCount(): number {
    return this.#entries.size;
  }

  /** Lets so much time pass, with everything in between in its order; promises get their turn after each timer. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (let next = this.nextMs; next !== undefined && this.#now + next <= end; next = this.nextMs) {
      this.#now += next;
      const [entry] = [...this.#entries].toSorted((one, other) => one.at - other.at);
      this.#entries.delete(entry);
      entry.callback();
      await settle();
    }
    this.#now = end;
    await settle();
  }
}

/** Lets all promises go on that can. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}
