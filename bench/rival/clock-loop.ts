/**
 * Threads that do nothing but look at the clock: the longest stalls that they see are those of the operating system and
 * of the machine, which nobody who runs on it can avoid.
 */
import { Thread } from '../harness/thread.ts';

const THREAD = new URL('./clock-loop-thread.ts', import.meta.url);

/** For each thread the longest stall of each window, in microseconds. */
export async function clockLoops(threadCount: number, seconds: number): Promise<number[][]> {
  const threads = Array.from({ length: threadCount }, () => new Thread<number, number[]>(THREAD, undefined));
  try {
    return await Promise.all(threads.map((thread) => thread.ask(seconds)));
  } finally {
    await Promise.all(threads.map((thread) => thread.close()));
  }
}
