/**
 * The worker at the other end of a round trip over `postMessage`: it answers with one more than it was asked.
 */
import { parentPort } from 'node:worker_threads';
import type { Question } from '../flow/echo-module.ts';

parentPort?.on('message', ({ number }: Question) => {
  parentPort?.postMessage({ number: number + 1 } satisfies Question);
});
