/**
 * The process whose memory is counted: an engine in memory, with as many entities as it is told, each with one number.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { answerRequests, childOptions } from '../harness/child-requests.ts';
import type { Numbers } from '../harness/child.ts';
import { memoryUse } from '../harness/memory.ts';
import { startBareEngine, takeSum } from './engine-flow.ts';
import { CENSUS, sampleStride, walkId } from './walk.ts';

export interface MemoryTask {
  readonly entities: number;
  readonly shards: number;
  /** How often all of them are loaded. */
  readonly rounds: number;
  /** Until what was needed for loading alone is given back, as far as it is. */
  readonly settleMs: number;
}

const ENTITY = 'bench/entity';
const ACCEPTED = { until: 'accepted' } as const;
/** Entities that are loaded at the same time. */
const LOADER_COUNT = 1_000;

const { entities, shards, rounds, settleMs } = childOptions<MemoryTask>();
const module = new URL('./walk-module.ts', import.meta.url);
module.searchParams.set('entities', String(entities));
const engine = await startBareEngine(module, shards);

answerRequests<'measure'>(async (): Promise<Numbers> => {
  for (let round = 0; round < rounds; round++) {
    for (let number = 0; number < Math.min(LOADER_COUNT, entities); number++) {
      await engine.send(ENTITY, walkId(number), { x: number, left: entities, kind: LOADER_COUNT }, ACCEPTED);
    }
    await engine.drained();
  }
  await sleep(settleMs);
  const { anonymousBytes } = memoryUse();
  const sum = await takeSum(engine, sample(), { x: 0, left: 0, kind: CENSUS });
  return { anonymousBytes, sum };
});

function* sample(): Generator<string> {
  const stride = sampleStride(entities);
  for (let number = 0; number < entities; number += stride) yield walkId(number);
}
