/**
 * Threads that do nothing but look at the clock: the longest stalls that they see are those of the operating system and
 * of the machine, which nobody who runs on it can avoid.
 */
import { mergeStalls, type Stalls } from '../flow/stall-windows.ts';
import { Thread } from '../harness/thread.ts';

const THREAD = new URL('./clock-loop-thread.ts', import.meta.url);

/** The longest stalls of each window, of all threads. */
export async function clockLoops(threadCount: number, seconds: number): Promise<Stalls> {
  const threads = Array.from({ length: threadCount }, () => new Thread<number, Stalls>(THREAD, undefined));
  try {
    return mergeStalls(await Promise.all(threads.map((thread) => thread.ask(seconds))));
  } finally {
    await Promise.all(threads.map((thread) => thread.close()));
  }
}
