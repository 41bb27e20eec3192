/** One thread of a race: reads from its data which side it is, runs it, and answers with what it counted. */
import { parentPort, workerData } from 'node:worker_threads';
import { RingConsumer } from '../../src/ring/ring-consumer.ts';
import { RingMemory } from '../../src/ring/ring-memory.ts';
import { RingProducer } from '../../src/ring/ring-producer.ts';
import { RaceConsumer } from './race-consumer.ts';
import { RaceProducer } from './race-producer.ts';
import type { ConsumerCounts, ProducerCounts, RaceThreadData } from './race-run.ts';
import { RaceWaiter } from './race-waiter.ts';
import { Barrier } from './thread-pair.ts';

const data = workerData as RaceThreadData;
const { options } = data;
const memory = new RingMemory(data.ring);
const producer = new RingProducer(memory);
const barrier = new Barrier(data.barrier);
parentPort?.postMessage(data.side === 'producer' ? produce() : consume());

function produce(): ProducerCounts {
  const waiter = new RaceWaiter(data.bells, 0, options.idle);
  const side = new RaceProducer(producer, waiter, options);
  barrier.meet();
  side.run();
  const { checksum, frameCount, bytes, fullCount, rollbackCount } = side;
  return { checksum, frameCount, bytes, fullCount, rollbackCount, parkCount: waiter.parkCount };
}

function consume(): ConsumerCounts {
  const waiter = new RaceWaiter(data.bells, 1, options.idle);
  const side = new RaceConsumer(new RingConsumer(memory), waiter, options, producer.bodyBytesMax);
  barrier.meet();
  const start = performance.now();
  side.run();
  const milliseconds = performance.now() - start;
  const { checksum, frameCount, emptyCount } = side;
  return { checksum, frameCount, emptyCount, milliseconds, parkCount: waiter.parkCount };
}
