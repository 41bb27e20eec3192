/**
 * One end of a ring in a thread of its own. Both ends pass a gate before each run, so that none of them measures how
 * long the other took to get ready.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { lookAgain } from './ring-carrier.ts';
import { RING_CARRIERS } from './ring-carriers.ts';

export interface RingTask {
  /** The carrier's name. */
  readonly carrier: string;
  readonly end: 'producer' | 'consumer';
  readonly shared: SharedArrayBuffer;
  /** One word: how often an end has come to the gate. */
  readonly gate: Int32Array;
}

export interface RingAnswer {
  readonly seconds: number;
  /** What the consumer has added up. */
  readonly sum: number;
}

const { carrier, end, shared, gate } = workerData as RingTask;
let passages = 0;

parentPort?.on('message', (count: number) => {
  passages += 2;
  Atomics.add(gate, 0, 1);
  for (let looks = 0; Atomics.load(gate, 0) < passages; ) looks = lookAgain(looks);
  const startedAt = performance.now();
  const sum = work(count);
  parentPort?.postMessage({ seconds: (performance.now() - startedAt) / 1000, sum } satisfies RingAnswer);
});

const work = openEnd();

function openEnd(): (count: number) => number {
  const chosen = RING_CARRIERS[carrier];
  if (end === 'consumer') return chosen.openConsumer(shared);
  const produce = chosen.openProducer(shared);
  return (count) => {
    produce(count);
    return 0;
  };
}
