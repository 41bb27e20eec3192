/**
 * What a flush does in which order. A receiver that is woken looks at once, and sleeps again if it finds nothing: so the
 * doorbell rings after the ring is published, or the wake-up is lost.
 */
import { expect, test } from 'vitest';
import { MemorySpillStorage } from '../../../src/base/spill.ts';
import { OutboundChannel } from '../../../src/channel/outbound-channel.ts';
import { DOORBELL_STRIDE_WORDS, Doorbell } from '../../../src/ring/doorbell.ts';
import { allocateRing, RingMemory } from '../../../src/ring/ring-memory.ts';
import { RingProducer } from '../../../src/ring/ring-producer.ts';

const log: string[] = [];

class LoggedMemory extends RingMemory {
  override publishTail(tail: number): void {
    log.push('publish');
    super.publishTail(tail);
  }
}

class LoggedDoorbell extends Doorbell {
  override ring(): void {
    log.push('ring');
    super.ring();
  }
}

test('the doorbell rings after the ring is published, and only if anything was', () => {
  const doorbell = new LoggedDoorbell(new Int32Array(new SharedArrayBuffer(DOORBELL_STRIDE_WORDS * 4)), 0);
  const ring = new RingProducer(new LoggedMemory(allocateRing(256)));
  const channel = new OutboundChannel(ring, doorbell, new MemorySpillStorage(), 0);
  channel.append({ byteLength: 8, placeInto: (words, at) => words.fill(7, at, at + 2) });
  expect(log).toEqual([]);
  channel.flush();
  expect(log).toEqual(['publish', 'ring']);
  channel.flush();
  expect(log).toEqual(['publish', 'ring']);
});
