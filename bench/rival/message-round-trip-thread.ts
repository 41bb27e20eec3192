/**
 * The worker at the other end of a round trip over `postMessage`: it answers with one more than it was asked, and with the
 * body of the question, if it has one.
 */
import { parentPort } from 'node:worker_threads';
import type { Question } from '../flow/echo-module.ts';

parentPort?.on('message', ({ number, body }: Question) => {
  const answer: Question = body === undefined ? { number: number + 1 } : { number: number + 1, body };
  parentPort?.postMessage(answer);
});
