/**
 * Threads in which so many loops do nothing but wait for a timer: what Node's timers allow with that many under way.
 */
import { Thread } from '../harness/thread.ts';

const THREAD = new URL('./timer-loop-thread.ts', import.meta.url);

export interface TimerWork {
  readonly seconds: number;
  /** Timers under way at a time. */
  readonly concurrency: number;
  readonly waitMs: number;
}

/** For each thread, how many timers have ended. */
export async function timerLoops(threadCount: number, work: TimerWork): Promise<number[]> {
  const threads = Array.from({ length: threadCount }, () => new Thread<TimerWork, number>(THREAD, undefined));
  try {
    return await Promise.all(threads.map((thread) => thread.ask(work)));
  } finally {
    await Promise.all(threads.map((thread) => thread.close()));
  }
}
