/**
 * Threads in which so many loops do nothing but post the same bytes and wait for the answer, over connections that are
 * kept: what HTTP and its client allow with that many requests under way.
 */
import { Thread } from '../harness/thread.ts';
import type { ClientName } from './http-posts.ts';

const THREAD = new URL('./http-loop-thread.ts', import.meta.url);

export interface HttpWork {
  readonly client: ClientName;
  readonly url: string;
  readonly body: Uint8Array;
  readonly seconds: number;
  /** Requests under way at a time, in each thread. */
  readonly concurrency: number;
}

/** For each thread, how many requests were answered. */
export async function httpLoops(threadCount: number, work: HttpWork): Promise<number[]> {
  const threads = Array.from({ length: threadCount }, () => new Thread<HttpWork, number>(THREAD, undefined));
  try {
    return await Promise.all(threads.map((thread) => thread.ask(work)));
  } finally {
    await Promise.all(threads.map((thread) => thread.close()));
  }
}
