/**
 * An open loop: events begin at a fixed rate that a thread of its own keeps, whether or not the ones before have ended.
 * Each has an intended time, and its latency counts from that. A program that is held up, or that gets to an event late,
 * cannot hide it: this is what is called being free of coordinated omission.
 *
 * ```
 *   ┌ pacer ────────┐  due: 17    ┌ main thread ────────────────────────┐
 *   │ every 0.5 ms  ├────────────▶│ begin(15) begin(16), each with the  │
 *   └───────────────┘             │ time at which it was to begin       │
 *                                 └─────────────────────────────────────┘
 * ```
 *
 * What is due is told every half millisecond, so up to that much of a latency is waiting to be told. A program that is
 * behind begins no more than so many events between two turns of its event loop: a message port would hand it a thousand
 * messages without one, and nothing that it waits for would come in meanwhile. A server that takes requests from sockets
 * has its turns, too.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

export interface PaceTask {
  readonly perSecond: number;
  readonly count: number;
}

/** What the pacer tells. */
export interface Due {
  /** When the first event was to begin. */
  readonly startEpochMs: number;
  /** How many events are to have begun by now. */
  readonly due: number;
}

/** Events between two turns of the event loop. */
const TURN_COUNT = 256;

/** Resolves when all events have begun, with the intended time of the first; `begin` gets the intended time of each. */
export async function pace(
  perSecond: number,
  count: number,
  begin: (intendedEpochMs: number) => void,
): Promise<number> {
  const task: PaceTask = { perSecond, count };
  let begun = 0;
  let told: Due = { startEpochMs: 0, due: 0 };
  let isTurnDue = false;
  const thread = new Worker(new URL('./pacer-thread.ts', import.meta.url), { workerData: task });
  const ended = new Promise<void>((resolve) => {
    const takeTurn = (): void => {
      isTurnDue = false;
      const until = Math.min(told.due, begun + TURN_COUNT);
      for (; begun < until; begun++) begin(told.startEpochMs + (begun * 1000) / perSecond);
      if (begun === count) resolve();
      else if (begun < told.due) takeTurnSoon();
    };
    const takeTurnSoon = (): void => {
      if (isTurnDue) return;
      isTurnDue = true;
      setImmediate(takeTurn);
    };
    thread.on('message', (due: Due) => {
      told = due;
      takeTurnSoon();
    });
  });
  // The thread ends by itself when it has told all; `once` rejects if it fails.
  await Promise.all([ended, once(thread, 'exit')]);
  return told.startEpochMs;
}
