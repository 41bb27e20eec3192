/**
 * Both ends of a ring on one thread: what goes in comes out, in order and unchanged, around the end of the ring and
 * around the end of 32 bits; a full ring says so; what was taken back was never there.
 */
import { describe, expect, test } from 'vitest';
import { type FrameHandler, RingConsumer } from '../../../src/ring/ring-consumer.ts';
import { FRAME_FIRST, FRAME_LAST, FRAME_PADDING, FRAME_WHOLE } from '../../../src/ring/ring-layout.ts';
import { ReceivedFrames } from './received-frames.ts';
import { TwoEndedRing } from './two-ended-ring.ts';

const STARTS = [0, 12, 28, 0x7fff_fff0, -8];

describe.each(STARTS)('a ring that starts at %d', (start) => {
  test('gives back what it was given', () => {
    const ring = new TwoEndedRing(256, start);
    const bodies = [[1], [], [1, 2, 3, 4], [9, 8, 7, 6, 5]];
    for (const body of bodies) expect(ring.send(body)).toBe(true);
    ring.producer.publish();
    expect(ring.receive().bodies).toEqual(bodies);
    expect(ring.consumer.hasFrames).toBe(false);
  });

  test('shows nothing before it is published', () => {
    const ring = new TwoEndedRing(64, start);
    ring.send([1]);
    expect(ring.consumer.hasFrames).toBe(false);
    expect(ring.receive().bodies).toEqual([]);
    ring.producer.publish();
    expect(ring.consumer.hasFrames).toBe(true);
    expect(ring.receive().bodies).toEqual([[1]]);
  });

  test('takes exactly its capacity, and says that it is full', () => {
    const ring = new TwoEndedRing(32, start & ~7);
    expect(ring.fill()).toBe(4);
    ring.producer.publish();
    expect(ring.receive(1).bodies).toEqual([[1]]);
    expect(ring.send([2, 2, 2, 2])).toBe(true);
    expect(ring.send([])).toBe(false);
    ring.producer.publish();
    expect(ring.receive().bodies).toEqual([[1], [1], [1], [2, 2, 2, 2]]);
  });

  test('goes round many times', () => {
    const ring = new TwoEndedRing(64, start);
    for (let value = 0; value < 500; value++) {
      expect(ring.send(new Array<number>(value % 13).fill(value & 0xff))).toBe(true);
      ring.producer.publish();
      expect(ring.receive().bodies).toEqual([new Array<number>(value % 13).fill(value & 0xff)]);
    }
  });
});

test('positions stay 32-bit integers, which is what keeps them cheap', () => {
  const ring = new TwoEndedRing(32, 0x7fff_fff4);
  ring.send([1]);
  ring.send([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(ring.producer.position).toBe((0x7fff_fff4 + 8 + 4 + 16) | 0);
});

describe('frames', () => {
  test('begin at multiples of 4 and lie within the ring', () => {
    const ring = new TwoEndedRing(64);
    for (let length = 0; length < 12; length++) {
      const offset = ring.producer.claim(length);
      expect(offset % 4).toBe(0);
      expect(offset + length).toBeLessThanOrEqual(64);
      ring.producer.publish();
      ring.receive();
    }
  });

  test('carry their flags, and are whole unless told otherwise', () => {
    const ring = new TwoEndedRing(64);
    const flags = [undefined, FRAME_FIRST, 0, FRAME_LAST, FRAME_WHOLE];
    for (const flag of flags) ring.send([1], flag);
    ring.producer.publish();
    const seen = ring.receive().frames.map(({ header }) => header & FRAME_WHOLE);
    expect(seen).toEqual(flags.map((flag) => flag ?? FRAME_WHOLE));
  });

  test('may be long, in a large ring', () => {
    const ring = new TwoEndedRing(1 << 20);
    const body = Array.from({ length: ring.producer.bodyBytesMax }, (_, index) => index % 251);
    expect(ring.send(body)).toBe(true);
    ring.producer.publish();
    expect(ring.receive().bodies).toEqual([body]);
  });

  test('are never longer than a quarter of the ring, so that a ring of any state can take one once it is empty', () => {
    for (let start = 0; start < 64; start += 4) {
      const ring = new TwoEndedRing(64, start);
      expect(ring.producer.bodyBytesMax).toBe(12);
      expect(ring.send(new Array<number>(ring.producer.bodyBytesMax).fill(1))).toBe(true);
    }
  });
});

describe('the end of the ring', () => {
  test('is padded when a frame does not fit before it', () => {
    const ring = new TwoEndedRing(32, 20);
    expect(ring.producer.claim(12)).toBe(4);
    expect(ring.memory.words[20 >> 2]).toBe(FRAME_PADDING | 8);
    expect(ring.producer.position).toBe(20 + 12 + 16);
  });

  test('is not padded when a frame ends exactly there', () => {
    const ring = new TwoEndedRing(32, 20);
    expect(ring.producer.claim(8)).toBe(24);
    expect(ring.producer.position).toBe(32);
    expect(ring.producer.claim(0)).toBe(4);
  });

  test('may have room for nothing but the padding header', () => {
    const ring = new TwoEndedRing(32, 28);
    expect(ring.send([1])).toBe(true);
    expect(ring.memory.words[28 >> 2]).toBe(FRAME_PADDING);
    ring.producer.publish();
    expect(ring.receive().bodies).toEqual([[1]]);
  });

  test('padding counts for nothing in a drain', () => {
    const ring = new TwoEndedRing(32, 20);
    ring.send([1, 1, 1, 1, 1, 1, 1, 1, 1]);
    ring.producer.publish();
    expect(ring.receive(1).bodies).toHaveLength(1);
    expect(ring.consumer.hasFrames).toBe(false);
  });

  test('a frame that would fit only without the padding before it is refused, and leaves no trace', () => {
    const ring = new TwoEndedRing(32, 20);
    ring.send([1, 2, 3, 4]);
    ring.producer.publish();
    const { position } = ring.producer;
    expect(ring.send(new Array<number>(20).fill(2))).toBe(false);
    expect(ring.producer.position).toBe(position);
    expect(ring.send(new Array<number>(16).fill(2))).toBe(true);
  });
});

describe('rollback', () => {
  test('takes back what came after a position, and leaves what came before', () => {
    const ring = new TwoEndedRing(64);
    ring.send([1]);
    const { position } = ring.producer;
    ring.send([2]);
    ring.send([3]);
    ring.producer.rollback(position);
    ring.send([4]);
    ring.producer.publish();
    expect(ring.receive().bodies).toEqual([[1], [4]]);
  });

  test('gives the room back', () => {
    const ring = new TwoEndedRing(16);
    const { position } = ring.producer;
    expect(ring.fill()).toBe(2);
    ring.producer.rollback(position);
    expect(ring.send([2])).toBe(true);
    expect(ring.send([3])).toBe(true);
    ring.producer.publish();
    expect(ring.receive().bodies).toEqual([[2], [3]]);
  });

  test('takes padding back as well', () => {
    const ring = new TwoEndedRing(32, 20);
    const { position } = ring.producer;
    ring.send(new Array<number>(12).fill(1));
    ring.producer.rollback(position);
    ring.send([2, 2, 2, 2, 2, 2, 2, 2]);
    ring.producer.publish();
    expect(ring.receive().bodies).toEqual([[2, 2, 2, 2, 2, 2, 2, 2]]);
  });

  test('of something published is a mistake', () => {
    const ring = new TwoEndedRing(64);
    const { position } = ring.producer;
    ring.send([1]);
    ring.producer.publish();
    expect(() => ring.producer.rollback(position)).toThrow('a published frame cannot be taken back (I5)');
    expect(() => ring.producer.rollback(ring.producer.position)).not.toThrow();
  });
});
describe('a drain', () => {
  test('stops after as many frames as it was told, and goes on where it stopped', () => {
    const ring = new TwoEndedRing(64);
    for (const value of [1, 2, 3]) ring.send([value]);
    ring.producer.publish();
    expect(ring.receive(2).bodies).toEqual([[1], [2]]);
    expect(ring.receive(0).bodies).toEqual([]);
    expect(ring.receive(2).bodies).toEqual([[3]]);
  });

  test('whose handler throws counts as not done: head and room stay where they were', () => {
    const ring = new TwoEndedRing(16);
    expect(ring.fill()).toBe(2);
    ring.producer.publish();
    let calls = 0;
    const failing: FrameHandler = {
      onFrame: () => {
        if (++calls === 2) throw new Error('the handler failed');
      },
    };
    expect(() => ring.consumer.drain(failing, 10)).toThrow('the handler failed');
    expect(ring.memory.observeHead()).toBe(0);
    expect(ring.send([2])).toBe(false);
    expect(ring.receive().bodies).toEqual([[1], [1]]);
  });

  test('refuses a frame that ends above the published tail (I2)', () => {
    const ring = new TwoEndedRing(32);
    ring.send([1]);
    ring.producer.publish();
    ring.memory.words[0] = FRAME_WHOLE | 20;
    expect(() => ring.receive()).toThrow('a frame ends below the published tail (I2)');
  });

  test('by a consumer that starts late begins at the head', () => {
    const ring = new TwoEndedRing(64);
    for (const value of [1, 2]) ring.send([value]);
    ring.producer.publish();
    ring.receive(1);
    const successor = new RingConsumer(ring.memory);
    const received = new ReceivedFrames(ring.memory);
    successor.drain(received, 10);
    expect(received.bodies).toEqual([[2]]);
  });
});
