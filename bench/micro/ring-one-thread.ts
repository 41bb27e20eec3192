/**
 * The ring in one thread: what a record costs when nobody else is involved and the caches are warm.
 *
 * ```
 *   produce 256 records ──▶ │ record │ record │ … │ ──▶ consume 256 records      in turns, in the same thread
 * ```
 *
 * Rivals: those of the ring between two threads, and an array that is filled and emptied. The checksum is the sum of all
 * words that arrived.
 */
import { OURS } from '../harness/benchmark.ts';
import type { Batch, Suite, SuiteFile } from '../harness/micro.ts';
import { BATCH_COUNT, expectedSum, RECORD_WORDS } from './ring-carrier.ts';
import { RING_CARRIERS } from './ring-carriers.ts';

export const suites: readonly Suite[] = [
  {
    name: 'ring-one-thread',
    about: `32-byte records through a ring and out again, ${BATCH_COUNT} in turns`,
    contenders: {
      [OURS]: () => carrying(OURS),
      ...Object.fromEntries(
        Object.keys(RING_CARRIERS)
          .filter((name) => name !== OURS)
          .map((name) => [name, () => carrying(name)]),
      ),
      'array of arrays': queueing,
    },
  },
];

export const ringSuites: SuiteFile = { file: import.meta.url, suites };

function carrying(name: string): Batch {
  const carrier = RING_CARRIERS[name];
  const shared = carrier.allocate();
  const produce = carrier.openProducer(shared);
  const consume = carrier.openConsumer(shared);
  const run = (): number => {
    produce(BATCH_COUNT);
    return consume(BATCH_COUNT);
  };
  return { callCount: BATCH_COUNT, run, expected: expectedSum(BATCH_COUNT) };
}

function queueing(): Batch {
  const queue: number[][] = [];
  const run = (): number => {
    for (let n = 0; n < BATCH_COUNT; n++) queue.push([n, n + 1, n + 2, n + 3, n + 4, n + 5, n + 6, n + 7]);
    let sum = 0;
    for (const record of queue) for (let word = 0; word < RECORD_WORDS; word++) sum = (sum + record[word]) | 0;
    queue.length = 0;
    return sum;
  };
  return { callCount: BATCH_COUNT, run, expected: expectedSum(BATCH_COUNT) };
}
