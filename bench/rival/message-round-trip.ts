/**
 * A bare round trip over `postMessage`: one worker, one question under way, one promise. It has no ids to route by, no
 * state of anybody to look up, no time-outs and no errors to hand back; nothing over `postMessage` is faster.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { AskSession } from '../flow/ask.ts';
import type { Question } from '../flow/echo-module.ts';

export async function openRoundTrips(): Promise<AskSession> {
  const worker = new Worker(new URL('./message-round-trip-thread.ts', import.meta.url));
  await once(worker, 'online');
  let answered: (answer: Question) => void = () => {};
  worker.on('message', (answer: Question) => answered(answer));
  worker.on('error', (error) => {
    throw error;
  });
  return {
    ask: (question) =>
      new Promise((resolve) => {
        answered = resolve;
        worker.postMessage(question);
      }),
    async close() {
      await worker.terminate();
    },
  };
}
