/**
 * Positions count bytes modulo 2^32, so they jump from the largest to the smallest integer after 2 GiB and go through 0
 * after 4. A ring does not notice, wherever its head and its tail are then.
 */
import { expect, test } from 'vitest';
import { TwoEndedRing } from './two-ended-ring.ts';

const CAPACITY_BYTES = 128;
const FRAME_BYTES = 8;
const LAPS = 4;

/** Every position from two laps before the jump to one behind it. */
function startsAround(jump: number): number[] {
  const count = (3 * CAPACITY_BYTES) / FRAME_BYTES;
  return Array.from({ length: count }, (_, index) => (jump - 2 * CAPACITY_BYTES + index * FRAME_BYTES) | 0);
}

/** Keeps the ring full while it goes round: that is when the end of what is free counts. */
function goRoundFull(ring: TwoEndedRing): { sent: number[]; received: number[] } {
  const sent: number[] = [];
  const received: number[] = [];
  for (let step = 0; step < (LAPS * CAPACITY_BYTES) / FRAME_BYTES; step++) {
    while (ring.send([sent.length & 0xff])) sent.push(sent.length & 0xff);
    ring.producer.publish();
    // Never all of it, so that the tail is in one lap and the head in the one before.
    for (const [byte] of ring.receive(1 + (step % 3)).bodies) received.push(byte);
  }
  for (const [byte] of ring.receive().bodies) received.push(byte);
  return { sent, received };
}

test.each([2 ** 31, 2 ** 32])('a full ring goes round past %d bytes', (jump) => {
  for (const start of startsAround(jump)) {
    const { sent, received } = goRoundFull(new TwoEndedRing(CAPACITY_BYTES, start));
    expect(sent.length).toBeGreaterThan(LAPS * 8);
    expect(received, `from ${start}`).toEqual(sent);
  }
});
