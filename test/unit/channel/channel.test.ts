/**
 * A channel from end to end, over rings so small that most envelopes do not fit at once: what comes out is what went in,
 * in order and without gaps (I2), whatever is flushed, drained and credited in between.
 */
import assert from 'node:assert';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MemorySpillStorage } from '../../../src/base/spill.ts';
import { InboundChannel } from '../../../src/channel/inbound-channel.ts';
import { allocateMesh, Mesh } from '../../../src/channel/mesh.ts';
import { OutboundChannel } from '../../../src/channel/outbound-channel.ts';
import { DOORBELL_STRIDE_WORDS, Doorbell } from '../../../src/ring/doorbell.ts';
import { RingConsumer } from '../../../src/ring/ring-consumer.ts';
import { allocateRing, RingMemory } from '../../../src/ring/ring-memory.ts';
import { RingProducer } from '../../../src/ring/ring-producer.ts';
import type { Placeable } from '../../../src/wire/overflow.ts';

/** An envelope whose bytes say which one it is. */
function envelope(number: number, byteLength: number): Placeable {
  return {
    byteLength,
    placeInto: (words, at) => {
      const bytes = new Uint8Array(words.buffer, words.byteOffset);
      for (let index = 0; index < byteLength; index++) bytes[at * 4 + index] = (number * 31 + index) & 0xff;
    },
  };
}

interface Link {
  readonly out: OutboundChannel;
  readonly inbound: InboundChannel;
  /** Lengths of what has come, in order; each is checked when it comes. */
  readonly came: number[];
  /** How often the sender was told that there is room. */
  readonly rooms: () => number;
}

function link(capacityBytes: number, credit?: () => number, overflowBytesMax = 0): Link {
  const ring = allocateRing(capacityBytes);
  const doorbell = new Doorbell(new Int32Array(new SharedArrayBuffer(DOORBELL_STRIDE_WORDS * 4)), 0);
  const storage = new MemorySpillStorage();
  const out = new OutboundChannel(new RingProducer(new RingMemory(ring)), doorbell, storage, overflowBytesMax, credit);
  const came: number[] = [];
  let roomCount = 0;
  const handler = {
    onEnvelope: (words: Int32Array, bytes: Uint8Array, offsetBytes: number, byteLength: number): void => {
      const number = came.length;
      let whole = offsetBytes % 4 === 0 && words.buffer === bytes.buffer;
      for (let index = 0; index < byteLength; index++)
        whole &&= bytes[offsetBytes + index] === ((number * 31 + index) & 0xff);
      assert.ok(whole, `envelope ${number} came damaged`);
      came.push(byteLength);
    },
  };
  const inbound = new InboundChannel(new RingConsumer(new RingMemory(ring)), handler, 0, () => void roomCount++);
  return { out, inbound, came, rooms: () => roomCount };
}

type Step = number | 'flush' | 'drain' | 'credit';

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 700 })) },
  { weight: 3, arbitrary: fc.constantFrom<Step>('flush', 'drain', 'credit') },
);

describe.each([32, 64, 256, 4_096])('over a ring of %i bytes', (capacityBytes) => {
  test.each([false, true])('everything comes once and in order (with credit: %j)', (withCredit) => {
    const property = fc.property(
      fc.array(anyStep, { maxLength: 120, size: 'max' }),
      fc.integer({ min: 1, max: 300 }),
      (steps, frames) => {
        let credit = 0;
        const { out, inbound, came } = link(capacityBytes, withCredit ? () => credit : undefined);
        const sent: number[] = [];
        for (const step of steps) {
          if (step === 'flush') out.flush(3);
          else if (step === 'drain') inbound.drain(frames);
          else if (step === 'credit') credit++;
          else {
            out.append(envelope(sent.length, step));
            sent.push(step);
          }
          assert.ok(!withCredit || came.length <= credit, `${came.length} came with credit for ${credit}`);
        }
        credit = sent.length;
        for (let turn = 0; came.length < sent.length; turn++) {
          assert.ok(turn < 20_000, 'nothing moves any more');
          out.flush();
          inbound.drain(frames);
        }
        expect(came).toEqual(sent);
        expect([inbound.envelopeCount, out.waitingCount, out.memoryBytes]).toEqual([sent.length, 0, 0]);
      },
    );
    fc.assert(property, { numRuns: 60 });
  });
});

describe('a channel', () => {
  test('shows nothing before it is flushed', () => {
    const { out, inbound, came } = link(4_096);
    out.append(envelope(0, 10));
    expect([inbound.hasFrames, inbound.drain(9), came]).toEqual([false, 0, []]);
    out.flush();
    expect([inbound.hasFrames, inbound.drain(9), came]).toEqual([true, 1, [10]]);
  });

  test('lets nothing overtake what waits', () => {
    const { out, inbound, came } = link(64);
    out.append(envelope(0, 500));
    out.append(envelope(1, 4));
    expect([out.isOpen, out.waitingCount]).toEqual([false, 2]);
    for (let turn = 0; turn < 100; turn++) {
      out.flush();
      inbound.drain(1);
    }
    expect(came).toEqual([500, 4]);
    expect(out.isOpen).toBe(true);
  });

  test('counts credit in envelopes, however many fragments they take', () => {
    let credit = 2;
    const { out, inbound, came } = link(64, () => credit);
    for (let number = 0; number < 3; number++) out.append(envelope(number, 300));
    const move = (): void => {
      for (let turn = 0; turn < 200; turn++) {
        out.flush();
        inbound.drain(100);
      }
    };
    move();
    expect([came.length, inbound.envelopeCount, out.waitingCount, out.canMove]).toEqual([2, 2, 1, false]);
    credit++;
    // With credit alone it can go on, although no room was made since.
    expect(out.canMove).toBe(true);
    move();
    expect([came.length, inbound.envelopeCount, out.waitingCount, out.canMove]).toEqual([3, 3, 0, false]);
  });

  test('knows when it is worth to try again, and tells the sender when it has made room', () => {
    const { out, inbound, rooms } = link(64);
    for (let number = 0; number < 20; number++) out.append(envelope(number, 12));
    out.flush();
    expect([out.waitingCount > 0, out.canMove, rooms()]).toEqual([true, false, 0]);
    inbound.drain(1);
    expect([out.canMove, rooms()]).toEqual([true, 1]);
    inbound.drain(0);
    expect(rooms()).toBe(1);
  });

  test('moves no more than it is asked to', () => {
    let credit = 0;
    const { out } = link(4_096, () => credit);
    for (let number = 0; number < 10; number++) out.append(envelope(number, 12));
    credit = 10;
    expect([out.flush(4), out.flush(4), out.flush(4), out.flush(4)]).toEqual([4, 4, 2, 0]);
  });
});

describe('a mesh', () => {
  test('connects every two threads in each direction, and nobody to itself', () => {
    const memory = allocateMesh(3, 64);
    const meshes = Array.from({ length: 4 }, (_, thread) => new Mesh(memory, thread));
    const outbound = meshes.map((mesh) => mesh.outbound(new MemorySpillStorage(), 0));
    const inbox: string[] = [];
    const inbound = meshes.map((mesh, to) =>
      mesh.inbound({
        onEnvelope: (words, _bytes, offsetBytes) => void inbox.push(`${words[offsetBytes >> 2]} to ${to}`),
      }),
    );
    for (const [thread, mesh] of meshes.entries()) mesh.counters.publishCredit(thread, 1);
    for (const [from, channels] of outbound.entries()) {
      expect(channels.map((channel) => channel !== undefined)).toEqual([0, 1, 2, 3].map((to) => to !== from));
      for (const channel of channels)
        channel?.append({ byteLength: 4, placeInto: (words, at) => void (words[at] = from) });
      for (const channel of channels) channel?.flush();
    }
    for (const channels of inbound) for (const channel of channels) channel.drain(10);
    const expected = [0, 1, 2, 3].flatMap((to) =>
      [0, 1, 2, 3].filter((from) => from !== to).map((from) => `${from} to ${to}`),
    );
    expect(inbox).toEqual(expected);
  });

  test('rings a thread that is cramped when room is made for it, and only then', () => {
    const memory = allocateMesh(2, 64);
    const [one, other] = [new Mesh(memory, 0), new Mesh(memory, 1)];
    const out = one.outbound(new MemorySpillStorage(), 0)[1] as OutboundChannel;
    const [inbound] = other.inbound({ onEnvelope: () => {} }) as [InboundChannel];
    const isRung = (): boolean => {
      one.ownDoorbell.declareParked();
      inbound.drain(1);
      const word = new Int32Array(memory.doorbells)[0];
      one.ownDoorbell.rise();
      return word === 0;
    };
    for (let number = 0; number < 20; number++) out.append(envelope(number, 12));
    out.flush();
    expect(isRung()).toBe(false);
    one.declareCramped(true);
    expect(isRung()).toBe(true);
    one.declareCramped(false);
    expect(isRung()).toBe(false);
  });
});
