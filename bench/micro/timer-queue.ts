/**
 * The queue of the timers that are due soon: one goes in at a random time and the first one comes out, among as many as `--entities` says.
 *
 * ```
 *   add(due, timer) ──▶ heap of times ──▶ take()
 * ```
 *
 * Rival: an array that is kept sorted by binary search and `splice`, which is the simplest that is right. The checksum is
 * 1 if all have come out in order.
 */
import { TimerQueue } from '../../src/timers/timer-queue.ts';
import { Prng } from '../../src/base/prng.ts';
import { OURS } from '../harness/benchmark.ts';
import type { Batch, Suite, SuiteFile } from '../harness/micro.ts';

const CALL_COUNT = 1_000;
const SPAN_MS = 1_000_000;

export const suites: readonly Suite[] = [
  {
    name: 'timer-queue',
    about: 'one timer in and the first one out, among as many as --entities says',
    hasEntities: true,
    contenders: {
      [OURS]: (entities) => batchOf(new TimerQueue(), entities),
      'sorted array': (entities) => batchOf(new SortedTimers(), entities),
    },
  },
];

export const timerQueueSuites: SuiteFile = { file: import.meta.url, suites };

interface Timers {
  readonly dueMs: number;
  add(dueMs: number, timer: number): void;
  take(): number;
}

class SortedTimers implements Timers {
  readonly #dues: number[] = [];
  readonly #timers: number[] = [];

  get dueMs(): number {
    return this.#dues.at(-1) ?? Number.POSITIVE_INFINITY;
  }

  /** Descending, so that the first one comes off the end. */
  add(dueMs: number, timer: number): void {
    let low = 0;
    let high = this.#dues.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#dues[middle] > dueMs) low = middle + 1;
      else high = middle;
    }
    this.#dues.splice(low, 0, dueMs);
    this.#timers.splice(low, 0, timer);
  }

  take(): number {
    this.#dues.pop();
    return this.#timers.pop() ?? Number.NaN;
  }
}

function batchOf(timers: Timers, pendingCount: number): Batch {
  const random = new Prng(1);
  let added = 0;
  const add = (fromMs: number): void => timers.add(fromMs + random.below(SPAN_MS) + added / 1e9, added++);
  for (let index = 0; index < pendingCount; index++) add(0);
  const run = (): number => {
    let isSorted = 1;
    let last = 0;
    for (let index = 0; index < CALL_COUNT; index++) {
      const due = timers.dueMs;
      if (due < last || Number.isNaN(timers.take())) isSorted = 0;
      last = due;
      add(due);
    }
    return isSorted;
  };
  return { callCount: CALL_COUNT, run, expected: 1 };
}
