/**
 * Records over `postMessage`: two workers and a `MessagePort`, no shared memory.
 */
import { MessageChannel } from 'node:worker_threads';
import type { RecordSession } from '../micro/ring-two-threads.ts';
import { Thread } from '../harness/thread.ts';
import type { ConsumerRequest, RecordsTask } from './message-records-thread.ts';

const THREAD = new URL('./message-records-thread.ts', import.meta.url);

export function openMessageRecords(postCount: number): RecordSession {
  const { port1, port2 } = new MessageChannel();
  const producer = new Thread<number, 0>(THREAD, { end: 'producer', port: port1, postCount } satisfies RecordsTask, [
    port1,
  ]);
  const consumer = new Thread<ConsumerRequest, number>(
    THREAD,
    { end: 'consumer', port: port2, postCount } satisfies RecordsTask,
    [port2],
  );
  return {
    async carry(count) {
      // The consumer must know of the run before the first record reaches it.
      await consumer.ask({ count });
      await producer.ask(count);
      return await Promise.race([consumer.ask('result'), producer.failed]);
    },
    async close() {
      await Promise.all([producer.close(), consumer.close()]);
    },
  };
}
