/**
 * The thread that says when: it counts what is due at a fixed rate, whatever the program it paces is doing. That program
 * gets a message with the number of events that are due, at most one a tick, and begins those that it has not begun yet.
 *
 * It sleeps on a word of memory that nobody writes, which wakes more punctually than a timer of an event loop.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { epochMs } from '../harness/epoch-clock.ts';
import type { Due, PaceTask } from './pacer.ts';

const TICK_MS = 0.5;
/** Long enough for the other side to be ready as well. */
const HEAD_START_MS = 5;

const { perSecond, count } = workerData as PaceTask;
const nobody = new Int32Array(new SharedArrayBuffer(4));
const startEpochMs = epochMs() + HEAD_START_MS;

for (let due = 0; due < count; ) {
  const now = epochMs();
  const nextDue = Math.min(count, Math.floor(((now - startEpochMs) * perSecond) / 1000) + 1);
  if (nextDue > due) {
    due = nextDue;
    parentPort?.postMessage({ startEpochMs, due } satisfies Due);
  }
  // When rates are low there is nothing to do for many ticks.
  const nextMs = startEpochMs + (due * 1000) / perSecond;
  sleep(Math.max(TICK_MS, nextMs - now));
}

/** By its name a profile knows that nothing is done here. */
function sleep(ms: number): void {
  Atomics.wait(nobody, 0, 0, ms);
}
