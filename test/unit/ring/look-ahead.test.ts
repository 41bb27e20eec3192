/**
 * Looking ahead: a handler may see frames before it gets them, in order, so that what they need can be fetched. It is a
 * hint and changes nothing: not what is handed over, not what is given back.
 */
import { expect, test } from 'vitest';
import { RingConsumer } from '../../../src/ring/ring-consumer.ts';
import { FRAME_WHOLE } from '../../../src/ring/ring-layout.ts';
import { RingMemory } from '../../../src/ring/ring-memory.ts';
import { RingProducer } from '../../../src/ring/ring-producer.ts';
import { ringThatStartsAt } from './recording-memory.ts';

function ringWith(frameCount: number, start = 0): { memory: RingMemory; consumer: RingConsumer } {
  const memory = new RingMemory(ringThatStartsAt(1024, start));
  const producer = new RingProducer(memory);
  for (let frame = 0; frame < frameCount; frame++) producer.words[producer.claim(8, FRAME_WHOLE) >> 2] = frame;
  producer.publish();
  return { memory, consumer: new RingConsumer(memory) };
}

function drain(frameCount: number, frameCountMax: number, start = 0): string[] {
  const { memory, consumer } = ringWith(frameCount, start);
  const log: string[] = [];
  const frameAt = (offset: number): number => memory.words[offset >> 2];
  const handler = {
    onFrame: (offset: number) => void log.push(`frame ${frameAt(offset)}`),
    onFrameAhead: (offset: number, header: number) => {
      expect(header & FRAME_WHOLE).toBe(FRAME_WHOLE);
      log.push(`ahead ${frameAt(offset)}`);
    },
    onAheadEnd: () => void log.push('end'),
  };
  consumer.drain(handler, frameCountMax);
  return log;
}

test('frames are shown in order before the first of them is handed over', () => {
  expect(drain(3, 10)).toEqual(['ahead 0', 'ahead 1', 'ahead 2', 'end', 'frame 0', 'frame 1', 'frame 2']);
});

test('nothing is shown when there is nothing', () => {
  expect(drain(0, 10)).toEqual([]);
});

test('padding is not shown', () => {
  const log = drain(3, 10, 1024 - 16);
  expect(log.filter((line) => line.startsWith('ahead'))).toEqual(['ahead 0', 'ahead 1', 'ahead 2']);
});

test('it goes on in groups, and every frame is shown before it comes', () => {
  const log = drain(40, 100);
  for (let frame = 0; frame < 40; frame++) {
    const ahead = log.indexOf(`ahead ${frame}`);
    expect(ahead, `frame ${frame}`).toBeGreaterThanOrEqual(0);
    expect(ahead).toBeLessThan(log.indexOf(`frame ${frame}`));
  }
  expect(log.filter((line) => line === 'end').length).toBeGreaterThan(1);
});

test('a handler that does not want to look ahead is not asked to', () => {
  const { consumer } = ringWith(2);
  let count = 0;
  expect(consumer.drain({ onFrame: () => void count++ }, 10)).toBe(2);
  expect(count).toBe(2);
});
