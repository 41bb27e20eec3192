/**
 * The order of memory operations, which is the whole of the ring's safety: payload before tail, reading before head,
 * and no look at the other side's word without need. Asserted access by access, on a memory that records them.
 */
import { expect, test } from 'vitest';
import { RingConsumer } from '../../../src/ring/ring-consumer.ts';
import { FRAME_LAST, FRAME_PADDING, FRAME_WHOLE } from '../../../src/ring/ring-layout.ts';
import { RING_FULL, RingProducer } from '../../../src/ring/ring-producer.ts';
import { ReceivedFrames } from './received-frames.ts';
import { RecordingMemory } from './recording-memory.ts';

function ring(capacityBytes = 64, start = 0): { memory: RecordingMemory; producer: RingProducer } {
  const memory = new RecordingMemory(capacityBytes, start);
  const producer = new RingProducer(memory);
  memory.takeLog();
  return { memory, producer };
}

function send(producer: RingProducer, ...values: number[]): void {
  const offset = producer.claim(values.length * 4);
  expect(offset).not.toBe(RING_FULL);
  for (const [index, value] of values.entries()) producer.words[(offset >> 2) + index] = value;
}

test('a producer that starts asks where the ring stands', () => {
  const memory = new RecordingMemory(64);
  expect(new RingProducer(memory).position).toBe(0);
  expect(memory.takeLog().sort()).toEqual(['observeHead 0', 'observeTail 0']);
});

test('header and payload are written before the tail is published', () => {
  const { memory, producer } = ring();
  send(producer, 7, 8);
  producer.publish();
  expect(memory.takeLog()).toEqual([`words[0] = ${FRAME_WHOLE | 8}`, 'words[1] = 7', 'words[2] = 8', 'publishTail 12']);
});

test('a batch is published once, behind all of its frames', () => {
  const { memory, producer } = ring();
  for (const value of [1, 2, 3]) send(producer, value);
  producer.publish();
  const log = memory.takeLog();
  expect(log).toHaveLength(7);
  expect(log.at(-1)).toBe('publishTail 24');
  expect(log.filter((line) => line.startsWith('publish'))).toHaveLength(1);
});

test('publishing nothing stores nothing', () => {
  const { memory, producer } = ring();
  expect(producer.publish()).toBe(false);
  send(producer, 1);
  expect(producer.publish()).toBe(true);
  memory.takeLog();
  expect(producer.publish()).toBe(false);
  expect(memory.takeLog()).toEqual([]);
});

test('a claim that takes back stores no tail at all', () => {
  const { memory, producer } = ring();
  const { position } = producer;
  send(producer, 1);
  producer.rollback(position);
  expect(producer.publish()).toBe(false);
  expect(memory.takeLog().filter((line) => line.startsWith('publish'))).toEqual([]);
});

test('padding is written before the frame behind it, and both before the tail', () => {
  const { memory, producer } = ring(32, 24);
  send(producer, 1, 2);
  producer.publish();
  expect(memory.takeLog()).toEqual([
    `words[6] = ${FRAME_PADDING | 4}`,
    `words[0] = ${FRAME_WHOLE | 8}`,
    'words[1] = 1',
    'words[2] = 2',
    'publishTail 44',
  ]);
});

test('the producer looks at the head only when the ring looks full, and then once', () => {
  const { memory, producer } = ring(16);
  for (const value of [1, 2]) send(producer, value);
  expect(memory.takeLog().filter((line) => line.startsWith('observe'))).toEqual([]);
  expect(producer.claim(4)).toBe(RING_FULL);
  expect(memory.takeLog()).toEqual(['observeHead 0']);
  memory.publishHead(8);
  memory.takeLog();
  expect(producer.claim(4, FRAME_LAST)).toBe(4);
  expect(memory.takeLog()).toEqual(['observeHead 8', `words[0] = ${FRAME_LAST | 4}`]);
});

test('a full ring is written to by nobody', () => {
  const { memory, producer } = ring(16);
  for (const value of [1, 2]) send(producer, value);
  producer.publish();
  memory.takeLog();
  for (let attempt = 0; attempt < 3; attempt++) expect(producer.claim(0)).toBe(RING_FULL);
  expect(memory.takeLog().filter((line) => !line.startsWith('observe'))).toEqual([]);
});

test('a drain looks at the tail once, before it reads, and publishes the head once, after', () => {
  const { memory, producer } = ring();
  for (const value of [1, 2, 3]) send(producer, value);
  producer.publish();
  const consumer = new RingConsumer(memory);
  memory.takeLog();
  expect(consumer.drain(new ReceivedFrames(memory), 10)).toBe(3);
  const log = memory.takeLog();
  expect(log[0]).toBe('observeTail 24');
  expect(log.at(-1)).toBe('publishHead 24');
  expect(log.slice(1, -1).every((line) => line.endsWith(' read'))).toBe(true);
});

test('each frame is given to the handler before the head passes it', () => {
  const { memory, producer } = ring();
  for (const value of [1, 2]) send(producer, value);
  producer.publish();
  const consumer = new RingConsumer(memory);
  memory.takeLog();
  consumer.drain({ onFrame: (offset) => memory.log.push(`onFrame ${offset}`) }, 10);
  expect(memory.takeLog().filter((line) => !line.endsWith('read'))).toEqual([
    'observeTail 16',
    'onFrame 4',
    'onFrame 12',
    'publishHead 16',
  ]);
});

test('an empty drain stores nothing', () => {
  const { memory } = ring();
  const consumer = new RingConsumer(memory);
  memory.takeLog();
  expect(consumer.drain(new ReceivedFrames(memory), 10)).toBe(0);
  expect(memory.takeLog()).toEqual(['observeTail 0']);
});

test('a frame that comes during a drain waits for the next: the tail is not looked at again', () => {
  const { memory, producer } = ring();
  send(producer, 1);
  producer.publish();
  const consumer = new RingConsumer(memory);
  const sendAnother = (): void => {
    send(producer, 2);
    producer.publish();
  };
  expect(consumer.drain({ onFrame: sendAnother }, 10)).toBe(1);
  expect(consumer.hasFrames).toBe(true);
});

test('a consumer writes no frame, a producer reads none', () => {
  const { memory, producer } = ring();
  send(producer, 1, 2);
  producer.publish();
  expect(memory.takeLog().filter((line) => line.endsWith('read'))).toEqual([]);
  new RingConsumer(memory).drain(new ReceivedFrames(memory), 10);
  expect(memory.takeLog().filter((line) => line.includes(' = '))).toEqual([]);
});

test('new room is what the consumer gave back since a claim found too little', () => {
  const { memory, producer } = ring(16);
  for (const value of [1, 2]) send(producer, value);
  producer.publish();
  expect(producer.claim(4)).toBe(RING_FULL);
  expect(producer.hasNewRoom).toBe(false);
  new RingConsumer(memory).drain(new ReceivedFrames(memory), 1);
  expect(producer.hasNewRoom).toBe(true);
  expect(producer.claim(4)).toBe(4);
  expect(producer.claim(4)).toBe(RING_FULL);
  expect(producer.hasNewRoom).toBe(false);
});
