/**
 * The shared memory of a ring: which capacities there are, that two views of it are one memory, and that the words which
 * different threads write lie far apart.
 */
import { describe, expect, test } from 'vitest';
import {
  DATA_OFFSET_BYTES,
  FRAME_FIRST,
  FRAME_LAST,
  FRAME_LENGTH_MASK,
  FRAME_PADDING,
  FRAME_WHOLE,
  HEAD_WORD,
  RING_CAPACITY_BYTES_MAX,
  RING_CAPACITY_BYTES_MIN,
  TAIL_WORD,
} from '../../../src/ring/ring-layout.ts';
import { allocateRing, RingMemory } from '../../../src/ring/ring-memory.ts';

const LINE_PAIR_BYTES = 128;

describe('allocateRing', () => {
  test.each([RING_CAPACITY_BYTES_MIN, 1024, 65536])('makes a ring of %d bytes', (capacityBytes) => {
    const memory = new RingMemory(allocateRing(capacityBytes));
    expect(memory.capacityBytes).toBe(capacityBytes);
    expect(memory.bytes.length).toBe(capacityBytes);
    expect(memory.words.length).toBe(capacityBytes / 4);
  });

  test.each([0, 8, RING_CAPACITY_BYTES_MAX * 2])('refuses %d bytes', (capacityBytes) => {
    expect(() => allocateRing(capacityBytes)).toThrow('ring capacity in range');
  });

  test.each([24, 1000, 65537])('refuses %d bytes, which is no power of two', (capacityBytes) => {
    expect(() => allocateRing(capacityBytes)).toThrow('ring capacity is a power of two');
  });
});

test('two views of one ring see each other', () => {
  const shared = allocateRing(64);
  const [one, other] = [new RingMemory(shared), new RingMemory(shared)];
  one.publishTail(-8);
  one.publishHead(0x7fffffff);
  one.words[3] = 0x04030201;
  expect(other.observeTail()).toBe(-8);
  expect(other.observeHead()).toBe(0x7fffffff);
  expect(other.bytes.slice(12, 16)).toEqual(Uint8Array.of(1, 2, 3, 4));
});

test('head, tail and frames share no pair of cache lines', () => {
  expect(Math.abs(TAIL_WORD - HEAD_WORD) * 4).toBeGreaterThanOrEqual(LINE_PAIR_BYTES);
  expect(DATA_OFFSET_BYTES - TAIL_WORD * 4).toBeGreaterThanOrEqual(LINE_PAIR_BYTES);
  expect(DATA_OFFSET_BYTES % 4).toBe(0);
});

test('head and tail lie where the layout says', () => {
  const shared = allocateRing(64);
  const memory = new RingMemory(shared);
  memory.publishHead(1);
  memory.publishTail(2);
  const words = new Int32Array(shared);
  expect([words[HEAD_WORD], words[TAIL_WORD]]).toEqual([1, 2]);
  expect([...words].reduce((sum, word) => sum + word)).toBe(3);
});

test('the parts of a frame header do not overlap, and leave the sign bit alone', () => {
  const parts = [FRAME_LENGTH_MASK, FRAME_FIRST, FRAME_LAST, FRAME_PADDING];
  expect(parts.reduce((sum, part) => sum + part)).toBe(0x7fffffff);
  expect(parts.reduce((all, part) => all | part)).toBe(0x7fffffff);
  expect(FRAME_WHOLE).toBe(FRAME_FIRST | FRAME_LAST);
  expect(RING_CAPACITY_BYTES_MAX).toBeLessThan(2 ** 31);
});
