/**
 * The rings that are compared, by the names that stand in the results.
 */
import { OURS } from '../harness/benchmark.ts';
import { bareRing } from '../rival/bare-ring.ts';
import { ringbufRing, ringbufRingBatched } from '../rival/ringbuf-ring.ts';
import { millraceRing } from './millrace-ring.ts';
import { BATCH_COUNT, type RingCarrier } from './ring-carrier.ts';

export const BARE_LOOP = 'bare loop, no checks';
export const RINGBUF = 'ringbuf.js';

export const RING_CARRIERS: Readonly<Record<string, RingCarrier>> = {
  [OURS]: millraceRing,
  [BARE_LOOP]: bareRing,
  [RINGBUF]: ringbufRing,
  [`${RINGBUF}, ${BATCH_COUNT} a push`]: ringbufRingBatched,
};
