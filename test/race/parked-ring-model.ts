/**
 * Ring and doorbell together as a system for the explorer: a consumer that parks when its ring is empty, and a producer
 * that waits when it is full: by looking again itself, or parked, until the consumer rings for the room it has made.
 * Whether that is wanted stands in a word of its own ("cramped"), so that no consumer has to ring after every drain.
 */
import type { Doorbell } from '../../src/ring/doorbell.ts';
import { RingConsumer } from '../../src/ring/ring-consumer.ts';
import { allocateRing } from '../../src/ring/ring-memory.ts';
import { RING_FULL, RingProducer } from '../../src/ring/ring-producer.ts';
import { type DoorbellProtocol, REAL_PROTOCOL } from './doorbell-model.ts';
import type { System } from './explorer.ts';
import { Violation } from './operation.ts';
import { HEAD_ADDRESS, ringShape, steppedMemory } from './ring-model.ts';
import type { SteppedThread } from './stepped-thread.ts';

export interface ParkedRingScenario {
  readonly frameCount: number;
  readonly whenFull: 'look again' | 'park';
  /** Whether the consumer rings its producer after a drain. */
  readonly ringsBack: 'never' | 'always' | 'when cramped';
  /** When the producer says that it is cramped: before its last look for room, or (a mistake) after it. */
  readonly declares: 'before looking' | 'after looking';
}

/** Two frames fill it. */
const RING_BYTES = 16;
/** The bells lie in the space behind head and behind tail. */
const CONSUMER_BELL_WORD = 16;
const PRODUCER_BELL_WORD = 48;
const CRAMPED_WORD = 52;

export function parkedRingSystem(scenario: ParkedRingScenario, protocol = REAL_PROTOCOL): System {
  const { atomics, plain } = ringShape(RING_BYTES, 0);
  const words = [CONSUMER_BELL_WORD, PRODUCER_BELL_WORD, CRAMPED_WORD];
  return {
    buffer: allocateRing(RING_BYTES),
    shape: {
      atomics: new Map([...atomics, ...words.map((word): [number, number] => [word * 4, 0])]),
      plain,
      races: true,
    },
    threads: [
      { name: 'producer', program: (thread) => produce(thread, scenario, protocol) },
      { name: 'consumer', program: (thread) => consume(thread, scenario, protocol) },
    ],
  };
}

function bellAt(word: number, thread: SteppedThread, protocol: DoorbellProtocol): Doorbell {
  return protocol.bell(new Int32Array(thread.buffer, word * 4), 0, thread.loop);
}

async function produce(thread: SteppedThread, scenario: ParkedRingScenario, protocol: DoorbellProtocol): Promise<void> {
  const producer = new RingProducer(steppedMemory(thread));
  const consumerBell = bellAt(CONSUMER_BELL_WORD, thread, protocol);
  const ownBell = bellAt(PRODUCER_BELL_WORD, thread, protocol);
  for (let frame = 0; frame < scenario.frameCount; frame++) {
    let offset = producer.claim(4);
    for (; offset === RING_FULL; offset = producer.claim(4)) {
      if (scenario.whenFull === 'look again') thread.awaitChange(HEAD_ADDRESS);
      else await parkForRoom(thread, scenario, protocol, producer, ownBell);
    }
    producer.words[offset >> 2] = frame;
    protocol.send(() => producer.publish(), consumerBell);
  }
}

async function parkForRoom(
  thread: SteppedThread,
  { declares }: ParkedRingScenario,
  protocol: DoorbellProtocol,
  producer: RingProducer,
  bell: Doorbell,
): Promise<void> {
  const words = new Int32Array(thread.buffer);
  const declare = (cramped: 0 | 1): void => void Atomics.store(words, CRAMPED_WORD, cramped);
  const park = (): void => {
    if (declares === 'after looking') declare(1);
    bell.park(Number.POSITIVE_INFINITY);
  };
  if (declares === 'before looking') declare(1);
  await protocol.rest(() => producer.hasNewRoom, bell, park);
  declare(0);
}

async function consume(
  thread: SteppedThread,
  { frameCount, ringsBack }: ParkedRingScenario,
  protocol: DoorbellProtocol,
): Promise<void> {
  const memory = steppedMemory(thread);
  const consumer = new RingConsumer(memory);
  const ownBell = bellAt(CONSUMER_BELL_WORD, thread, protocol);
  const producerBell = bellAt(PRODUCER_BELL_WORD, thread, protocol);
  const words = new Int32Array(thread.buffer);
  let count = 0;
  const onFrame = (offsetBytes: number): void => {
    if (memory.words[offsetBytes >> 2] !== count++) throw new Violation('a frame out of order');
  };
  while (count < frameCount) {
    if (consumer.drain({ onFrame }, 2) === 0) {
      await protocol.rest(
        () => consumer.hasFrames,
        ownBell,
        () => ownBell.park(Number.POSITIVE_INFINITY),
      );
    } else if (ringsBack === 'always' || (ringsBack === 'when cramped' && Atomics.load(words, CRAMPED_WORD) === 1)) {
      producerBell.ring();
    }
  }
}
