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
 * batches; `postMessage`, one record a post and 1,000. Both threads are told how many records there are, and what has come
 * of them is told when all have arrived: that takes as long as some thousand records, so there are millions. The checksum
 * is the sum of all words that arrived.
 */
import type { OpenBatch, Suite, SuiteFile } from '../harness/micro.ts';
import { Thread } from '../harness/thread.ts';
import { openMessageRecords } from '../rival/message-records.ts';
import { CAPACITY_BYTES, expectedSum } from './ring-carrier.ts';
import { BARE_LOOP, RING_CARRIERS, RINGBUF } from './ring-carriers.ts';
import type { RingTask } from './ring-thread.ts';

const THREAD = new URL('./ring-thread.ts', import.meta.url);
/** How many records a batch has for each second that is measured: at least some tens of milliseconds in two of them. */
const RECORDS_PER_SECOND = 2_000_000;
const SLOW_RECORDS_PER_SECOND = 100_000;
const POST_COUNT = 1_000;
const POST_SINGLE = 'postMessage, 1 a post';
const POST_MANY = `postMessage, ${POST_COUNT} a post`;

/** Both ends of something that carries records. */
export interface RecordSession {
  /** Resolves with the sum of all words when so many records have arrived. */
  carry(count: number): Promise<number>;
  close(): Promise<void>;
}

export const suites: readonly Suite[] = [
  {
    name: 'ring-two-threads',
    unit: 'records/s',
    about: `32-byte records from one thread to another, ${CAPACITY_BYTES / 1024} KiB between them`,
    isLong: true,
    figures: [
      { rival: BARE_LOOP, atLeast: 0.8 },
      { rival: RINGBUF, atLeast: 3 },
      { rival: POST_SINGLE, atLeast: 30 },
    ],
    contenders: {
      ...Object.fromEntries(Object.keys(RING_CARRIERS).map((name) => [name, ring(name)])),
      [POST_SINGLE]: carrying(SLOW_RECORDS_PER_SECOND, () => openMessageRecords(1)),
      [POST_MANY]: carrying(RECORDS_PER_SECOND, () => openMessageRecords(POST_COUNT)),
    },
  },
];

export const ringTwoThreadsSuites: SuiteFile = { file: import.meta.url, suites };

function ring(carrier: string): OpenBatch {
  return carrying(carrier === RINGBUF ? SLOW_RECORDS_PER_SECOND : RECORDS_PER_SECOND, () => openRing(carrier));
}

function carrying(recordsPerSecond: number, open: () => RecordSession): OpenBatch {
  return (_entities, seconds) => {
    const count = Math.ceil(seconds * recordsPerSecond);
    const session = open();
    return {
      callCount: count,
      run: () => session.carry(count),
      expected: expectedSum(count),
      close: () => session.close(),
    };
  };
}

function openRing(carrier: string): RecordSession {
  const task = { carrier, shared: RING_CARRIERS[carrier].allocate() };
  const producer = new Thread<number, number>(THREAD, { ...task, end: 'producer' } satisfies RingTask);
  const consumer = new Thread<number, number>(THREAD, { ...task, end: 'consumer' } satisfies RingTask);
  return {
    async carry(count) {
      const [, sum] = await Promise.all([producer.ask(count), consumer.ask(count)]);
      return sum;
    },
    async close() {
      await Promise.all([producer.close(), consumer.close()]);
    },
  };
}
