/**
 * One end of a ring in a thread of its own: told how many records there are, it sends or receives so many, and answers with
 * the sum of what it has received.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { RING_CARRIERS } from './ring-carriers.ts';

export interface RingTask {
  /** The carrier's name. */
  readonly carrier: string;
  readonly end: 'producer' | 'consumer';
  readonly shared: SharedArrayBuffer;
}

const work = openEnd(workerData as RingTask);

parentPort?.on('message', (count: number) => parentPort?.postMessage(work(count)));

function openEnd({ carrier, end, shared }: RingTask): (count: number) => number {
  const chosen = RING_CARRIERS[carrier];
  if (end === 'consumer') return chosen.openConsumer(shared);
  const produce = chosen.openProducer(shared);
  return (count) => {
    produce(count);
    return 0;
  };
}
