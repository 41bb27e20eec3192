/**
 * What a flush does in which order. A receiver that is woken looks at once, and sleeps again if it finds nothing: so the
 * doorbell rings after the ring is published, or the wake-up is lost.
 */
import { beforeEach, expect, test } from 'vitest';
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

function newDoorbell(): Doorbell {
  return new LoggedDoorbell(new Int32Array(new SharedArrayBuffer(DOORBELL_STRIDE_WORDS * 4)), 0);
}

function channelTo(doorbell: Doorbell): OutboundChannel {
  const ring = new RingProducer(new LoggedMemory(allocateRing(256)));
  return new OutboundChannel(ring, doorbell, new MemorySpillStorage(), 0);
}

const envelope = { byteLength: 8, placeInto: (words: Int32Array, at: number) => words.fill(7, at, at + 2) };

beforeEach(() => void log.splice(0));

test('the doorbell rings after the ring is published, and only if anything was', () => {
  const channel = channelTo(newDoorbell());
  channel.append(envelope);
  expect(log).toEqual([]);
  channel.flush();
  expect(log).toEqual(['publish', 'ring']);
  channel.flush();
  expect(log).toEqual(['publish', 'ring']);
});

test('before the flush only a receiver that sleeps is shown what there is, in the same order', () => {
  const doorbell = newDoorbell();
  const channel = channelTo(doorbell);
  channel.append(envelope);
  channel.showIfAwaited();
  expect(log).toEqual([]);
  doorbell.declareParked();
  channel.showIfAwaited();
  expect(log).toEqual(['publish', 'ring']);
  doorbell.declareParked();
  channel.showIfAwaited();
  expect(log).toEqual(['publish', 'ring']);
});
