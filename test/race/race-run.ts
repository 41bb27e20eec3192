/**
 * One race: a producer and a consumer on two real threads, with nothing between them but a ring and two doorbells. It
 * fails when any record arrives changed, late for ever, or when the two threads do not agree on what went through.
 */
import { HEAD_WORD, TAIL_WORD } from '../../src/ring/ring-layout.ts';
import { allocateRing } from '../../src/ring/ring-memory.ts';
import type { RaceOptions } from './race-records.ts';
import { RaceWaiter } from './race-waiter.ts';
import { Barrier, runThreadPair } from './thread-pair.ts';

export interface RaceThreadData {
  readonly side: 'producer' | 'consumer';
  readonly options: RaceOptions;
  readonly ring: SharedArrayBuffer;
  readonly bells: SharedArrayBuffer;
  readonly barrier: SharedArrayBuffer;
}

interface Counts {
  readonly checksum: number;
  readonly frameCount: number;
  readonly parkCount: number;
}

export interface ProducerCounts extends Counts {
  readonly bytes: number;
  readonly fullCount: number;
  readonly rollbackCount: number;
}

export interface ConsumerCounts extends Counts {
  readonly emptyCount: number;
  readonly milliseconds: number;
}

export interface RaceResult {
  readonly producer: ProducerCounts;
  readonly consumer: ConsumerCounts;
}

const THREAD = new URL('./race-thread.ts', import.meta.url);

export async function race(options: RaceOptions): Promise<RaceResult> {
  const ring = allocateRing(options.capacityBytes);
  const positions = new Int32Array(ring);
  positions[HEAD_WORD] = positions[TAIL_WORD] = options.start;
  const shared = { options, ring, bells: RaceWaiter.allocate(), barrier: Barrier.allocate() };
  const sides = [
    { ...shared, side: 'producer' },
    { ...shared, side: 'consumer' },
  ];
  const [producer, consumer] = await runThreadPair<ProducerCounts, ConsumerCounts>(THREAD, sides[0], sides[1]);
  checkAgreement(producer, consumer, positions);
  return { producer, consumer };
}

function checkAgreement(producer: ProducerCounts, consumer: ConsumerCounts, positions: Int32Array): void {
  if (producer.checksum !== consumer.checksum) throw new Error('the two threads have different checksums');
  if (producer.frameCount !== consumer.frameCount) throw new Error('the two threads counted different frames');
  if (positions[HEAD_WORD] !== positions[TAIL_WORD]) throw new Error('something is left in the ring');
}

/** One line for people: how much, how fast, and the proof. */
export function describeRace(options: RaceOptions, { producer, consumer }: RaceResult): string {
  const seconds = consumer.milliseconds / 1000;
  const megabytes = producer.bytes / 1e6;
  return [
    `capacity ${options.capacityBytes}, ${options.idle}: ${options.recordCount} records in ${seconds.toFixed(2)} s`,
    `${Math.round(options.recordCount / seconds)} records/s`,
    `${(megabytes / seconds).toFixed(1)} MB/s`,
    `${producer.frameCount} frames, ${producer.rollbackCount} taken back`,
    `full ${producer.fullCount}, empty ${consumer.emptyCount}, parked ${producer.parkCount} + ${consumer.parkCount}`,
    `checksum ${(consumer.checksum >>> 0).toString(16).padStart(8, '0')}`,
  ].join(', ');
}
