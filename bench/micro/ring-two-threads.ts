/**
 * The ring between two threads, with nothing around it: 32-byte records, written and read word by word.
 *
 * ```
 *   ┌ thread 0 ┐    256 KiB of shared memory     ┌ thread 1 ┐
 *   │ producer ├──▶ │ record │ record │ … │ ────▶│ consumer │      tail published every 256 records (or when full),
 *   └──────────┘                                 └──────────┘      head once a batch; both ends spin
 * ```
 *
 * Rivals: the best bare loop over the same memory that can do nothing but this; ringbuf.js, record by record and in
 * batches; `postMessage`, one record a post and 1,000. The checksum is the sum of all words that arrived.
 */
import { type Benchmark, type Contender, OURS } from '../harness/benchmark.ts';
import { Thread } from '../harness/thread.ts';
import { warmRun } from '../harness/warm-run.ts';
import { openMessageRecords } from '../rival/message-records.ts';
import { CAPACITY_BYTES, expectedSum } from './ring-carrier.ts';
import { BARE_LOOP, RING_CARRIERS, RINGBUF } from './ring-carriers.ts';
import type { RingAnswer, RingTask } from './ring-thread.ts';

const THREAD = new URL('./ring-thread.ts', import.meta.url);
const FIRST_RECORDS = 10_000;
const POST_COUNT = 1_000;
const POST_SINGLE = 'postMessage, 1 a post';

/** Both ends of something that carries records. */
export interface RecordSession {
  carry(count: number): Promise<RingAnswer>;
  close(): Promise<void>;
}

export const ringTwoThreads: Benchmark = {
  name: 'ring-two-threads',
  unit: 'records/s',
  describe: () => `32-byte records from one thread to another, ${CAPACITY_BYTES / 1024} KiB between them`,
  figures: [
    { rival: BARE_LOOP, atLeast: 0.8 },
    { rival: RINGBUF, atLeast: 3 },
    { rival: POST_SINGLE, atLeast: 30 },
  ],
  contenders: ({ seconds }) => [
    contender(OURS, seconds, () => openRing(OURS)),
    ...Object.keys(RING_CARRIERS)
      .filter((name) => name !== OURS)
      .map((name) => contender(name, seconds, () => openRing(name))),
    contender(POST_SINGLE, seconds, () => openMessageRecords(1)),
    contender(`postMessage, ${POST_COUNT} a post`, seconds, () => openMessageRecords(POST_COUNT)),
  ],
};

function contender(name: string, seconds: number, open: () => RecordSession): Contender {
  return {
    name,
    async measure() {
      const session = open();
      let sum = 0;
      try {
        const run = await warmRun(
          async (count) => {
            const answer = await session.carry(count);
            ({ sum } = answer);
            return answer.seconds;
          },
          FIRST_RECORDS,
          seconds,
        );
        const value = run.work / run.seconds;
        return { value, checksum: String(sum), expected: String(expectedSum(run.work)) };
      } finally {
        await session.close();
      }
    },
  };
}

function openRing(carrier: string): RecordSession {
  const task = {
    carrier,
    shared: RING_CARRIERS[carrier].allocate(),
    gate: new Int32Array(new SharedArrayBuffer(4)),
  };
  const producer = new Thread<number, RingAnswer>(THREAD, { ...task, end: 'producer' } satisfies RingTask);
  const consumer = new Thread<number, RingAnswer>(THREAD, { ...task, end: 'consumer' } satisfies RingTask);
  return {
    async carry(count) {
      const [, answer] = await Promise.all([producer.ask(count), consumer.ask(count)]);
      return answer;
    },
    async close() {
      await Promise.all([producer.close(), consumer.close()]);
    },
  };
}
