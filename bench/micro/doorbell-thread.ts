/**
 * The thread at the other end of the doorbell: told to begin, it says so, and gives back every turn until it is ended.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { type BellKind, giveBack, openSide } from './doorbell-side.ts';

export interface BellTask {
  readonly kind: BellKind;
  readonly words: Int32Array;
}

parentPort?.on('message', () => {
  const { kind, words } = workerData as BellTask;
  parentPort?.postMessage('begun');
  giveBack(openSide(kind, words, 1), words);
});
