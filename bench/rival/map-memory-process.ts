/**
 * The process of a `Map` from id to an object with one number, whose memory is counted.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { MemoryTask } from '../flow/memory-process.ts';
import { sampleStride, walkId } from '../flow/walk.ts';
import { answerRequests, childOptions } from '../harness/child-requests.ts';
import { memoryUse } from '../harness/memory.ts';

const { entities, rounds, settleMs } = childOptions<MemoryTask>();
const tallies = new Map<string, { count: number }>();

answerRequests<'measure'>(async () => {
  for (let round = 0; round < rounds; round++) {
    for (let number = 0; number < entities; number++) tallies.set(walkId(number), { count: number });
  }
  await sleep(settleMs);
  const { anonymousBytes } = memoryUse();
  let sum = 0;
  for (let number = 0; number < entities; number += sampleStride(entities)) {
    sum += tallies.get(walkId(number))?.count ?? Number.NaN;
  }
  return { anonymousBytes, sum };
});
